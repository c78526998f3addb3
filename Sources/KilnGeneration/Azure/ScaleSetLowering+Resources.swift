import KilnDocuments
import KilnPlan
import KilnSpec

extension ScaleSetLowering {
  var resources: [DocumentValue] {
    var list: [DocumentValue] = []
    if isFromVHD { list.append(image) }
    list.append(securityGroup)
    if hasOwnNetwork { list.append(network) }
    if port != nil { list += [publicAddress, balancer] }
    if !vaults.isEmpty { list += [identity] + vaults.map(vaultAccess) }
    list.append(scaleSet)
    if isScaling { list.append(autoscale) }
    return list
  }

  func resource(
    _ type: String, _ version: String, name: String, dependsOn: [String] = [], _ more: DocumentMap
  ) -> DocumentValue {
    var map: DocumentMap = [
      "type": .string(type), "apiVersion": .string(version), "name": .string(name),
      "location": "[parameters('location')]", "tags": "[variables('tags')]",
    ]
    if !dependsOn.isEmpty { map["dependsOn"] = .strings(dependsOn) }
    for (key, value) in more.pairs { map[key] = value }
    return .map(map)
  }

  func id(_ type: String, _ variable: String) -> String { "[resourceId('\(type)', variables('\(variable)'))]" }

  /// Scale sets take no VHD since unmanaged disks are gone: an image of it is made first.
  private var image: DocumentValue {
    resource(
      "Microsoft.Compute/images", ARM.compute, name: "[variables('image')]",
      [
        "properties": [
          "hyperVGeneration": .string("V\(azure.generation.value)"),
          "storageProfile": [
            "osDisk": [
              "osType": "Linux", "osState": "Generalized", "blobUri": "[parameters('image')]",
              "storageAccountType": "StandardSSD_LRS",
            ]
          ],
        ]
      ])
  }

  /// The app's ports from everywhere, and nothing else from outside: Azure's own last rule refuses it.
  private var securityGroup: DocumentValue {
    let rules = machine.ports.enumerated().map { index, port -> DocumentValue in
      [
        "name": .string("port-\(port)"),
        "properties": [
          "priority": .integer(100 + index), "direction": "Inbound", "access": "Allow", "protocol": "Tcp",
          "sourceAddressPrefix": "Internet", "sourcePortRange": "*", "destinationAddressPrefix": "*",
          "destinationPortRange": .string(String(port)),
        ],
      ]
    }
    return resource(
      "Microsoft.Network/networkSecurityGroups", ARM.network, name: "[variables('securityGroup')]",
      ["properties": ["securityRules": .list(rules)]])
  }

  private var network: DocumentValue {
    var more: DocumentMap = hasForeignSubnet ? ["condition": "[empty(parameters('subnet'))]"] : [:]
    let group = id("Microsoft.Network/networkSecurityGroups", "securityGroup")
    more["properties"] = [
      "addressSpace": ["addressPrefixes": ["10.0.0.0/16"]],
      "subnets": [
        [
          "name": "machines",
          // As many addresses as a scale set may have machines.
          "properties": ["addressPrefix": "10.0.0.0/20", "networkSecurityGroup": ["id": .string(group)]],
        ]
      ],
    ]
    return resource(
      "Microsoft.Network/virtualNetworks", ARM.network, name: "[variables('network')]", dependsOn: [group], more)
  }

  private var publicAddress: DocumentValue {
    resource(
      "Microsoft.Network/publicIPAddresses", ARM.network, name: "[variables('publicAddress')]",
      [
        "sku": ["name": "Standard"],
        "properties": [
          "publicIPAllocationMethod": "Static",
          "dnsSettings": [
            // A label is the region's.
            "domainNameLabel": .string(
              "[toLower(concat('\(plan.customer.prefix(40))-', uniqueString(resourceGroup().id, parameters('scaleSetName'))))]"
            )
          ],
        ],
      ])
  }

  private var balancer: DocumentValue {
    func inner(_ kind: String, _ name: String) -> DocumentValue {
      ["id": .string("[concat(variables('balancerId'), '/\(kind)/\(name)')]")]
    }
    let probes = machine.ports.map { port -> DocumentValue in
      var properties: DocumentMap = ["protocol": "Tcp", "port": .integer(port)]
      if port == self.port, port != 443, let health = machine.app?.spec.health?.value {
        properties["protocol"] = "Http"
        properties["requestPath"] = .string(health)
      }
      properties["intervalInSeconds"] = 5
      properties["numberOfProbes"] = 2
      return ["name": .string("port-\(port)"), "properties": .map(properties)]
    }
    let rules = machine.ports.map { port -> DocumentValue in
      [
        "name": .string("port-\(port)"),
        "properties": [
          "frontendIPConfiguration": inner("frontendIPConfigurations", "public"),
          "backendAddressPool": inner("backendAddressPools", "machines"),
          "probe": inner("probes", "port-\(port)"), "protocol": "Tcp", "frontendPort": .integer(port),
          "backendPort": .integer(port), "enableTcpReset": true,
        ],
      ]
    }
    return resource(
      "Microsoft.Network/loadBalancers", ARM.network, name: "[variables('balancer')]",
      dependsOn: [id("Microsoft.Network/publicIPAddresses", "publicAddress")],
      [
        "sku": ["name": "Standard"],
        "properties": [
          "frontendIPConfigurations": [
            [
              "name": "public",
              "properties": [
                "publicIPAddress": ["id": .string(id("Microsoft.Network/publicIPAddresses", "publicAddress"))]
              ],
            ]
          ], "backendAddressPools": [["name": "machines"]], "probes": .list(probes),
          "loadBalancingRules": .list(rules),
        ],
      ])
  }

  static let identityType = "Microsoft.ManagedIdentity/userAssignedIdentities"

  /// Made before the machines, so that the first of them may read already.
  private var identity: DocumentValue {
    resource(Self.identityType, ARM.identity, name: "[variables('identity')]", [:])
  }

  /// Source: Azure's built-in role "Key Vault Secrets User".
  private static let secretsUser = "4633458b-17de-408a-b874-0445c86b69e6"

  private func vaultAccess(_ vault: KeyVaultID) -> DocumentValue {
    [
      "type": "Microsoft.Resources/deployments", "apiVersion": .string(ARM.deployments),
      "name": .string("[concat('vault-', uniqueString(parameters('scaleSetName'), \(ARM.quoted(vault.name))))]"),
      "subscriptionId": .string(ARM.literal(vault.subscription)),
      "resourceGroup": .string(ARM.literal(vault.resourceGroup)),
      "dependsOn": .strings([id(Self.identityType, "identity")]),
      "properties": [
        "mode": "Incremental", "expressionEvaluationOptions": ["scope": "Inner"],
        "parameters": [
          "principal": [
            "value": .string(
              "[reference(resourceId('\(Self.identityType)', variables('identity')), '\(ARM.identity)').principalId]")
          ]
        ],
        "template": [
          "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
          "contentVersion": "1.0.0.0", "parameters": ["principal": ["type": "string"]],
          "resources": [
            [
              "type": "Microsoft.Authorization/roleAssignments", "apiVersion": .string(ARM.authorization),
              "scope": .string("Microsoft.KeyVault/vaults/\(vault.name)"),
              "name": .string(
                "[guid(resourceId('Microsoft.KeyVault/vaults', '\(vault.name)'), parameters('principal'), '\(Self.secretsUser)')]"
              ),
              "properties": [
                "roleDefinitionId": .string(
                  "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '\(Self.secretsUser)')]"),
                "principalId": "[parameters('principal')]", "principalType": "ServicePrincipal",
              ],
            ]
          ],
        ],
      ],
    ]
  }
}
