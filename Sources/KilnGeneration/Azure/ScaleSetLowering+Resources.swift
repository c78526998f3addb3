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

  private func resource(
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

  private func id(_ type: String, _ variable: String) -> String { "[resourceId('\(type)', variables('\(variable)'))]" }

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

  private static let identityType = "Microsoft.ManagedIdentity/userAssignedIdentities"

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

  // MARK: The scale set

  private var scaleSet: DocumentValue {
    var needs: [String] = [id("Microsoft.Network/networkSecurityGroups", "securityGroup")]
    if isFromVHD { needs.append(id("Microsoft.Compute/images", "image")) }
    if hasOwnNetwork { needs.append(id("Microsoft.Network/virtualNetworks", "network")) }
    if port != nil { needs.append(id("Microsoft.Network/loadBalancers", "balancer")) }
    if !vaults.isEmpty {
      needs.append(id(Self.identityType, "identity"))
      needs += vaults.map { vault in
        "[resourceId(\(ARM.quoted(vault.subscription)), \(ARM.quoted(vault.resourceGroup)), 'Microsoft.Resources/deployments', concat('vault-', uniqueString(parameters('scaleSetName'), \(ARM.quoted(vault.name)))))]"
      }
    }
    var more: DocumentMap = [:]
    if !vaults.isEmpty {
      more["identity"] = [
        "type": "UserAssigned",
        "userAssignedIdentities": .map([id(Self.identityType, "identity"): [:]]),
      ]
    }
    more["sku"] = ["name": "[parameters('size')]", "tier": "Standard", "capacity": "[parameters('capacity')]"]
    more["properties"] = [
      "overprovision": false, "singlePlacementGroup": .bool(most <= 100), "upgradePolicy": upgradePolicy,
      "virtualMachineProfile": .map(profile),
    ]
    return resource(
      "Microsoft.Compute/virtualMachineScaleSets", ARM.compute, name: "[parameters('scaleSetName')]", dependsOn: needs,
      more)
  }

  private var most: Int { deployments.compactMap { $0.scaleSet?.capacity.maximum }.max() ?? 0 }

  /// In batches where Azure can tell which machines are well; else Kiln brings each to the new model.
  private var upgradePolicy: DocumentValue {
    guard port != nil else { return ["mode": "Manual"] }
    return [
      "mode": "Rolling",
      "rollingUpgradePolicy": [
        "maxBatchInstancePercent": 20, "maxUnhealthyInstancePercent": 20, "maxUnhealthyUpgradedInstancePercent": 20,
        "pauseTimeBetweenBatches": "PT10S", "prioritizeUnhealthyInstances": true,
        "rollbackFailedInstancesOnPolicyBreach": true,
      ],
      "automaticOSUpgradePolicy": ["enableAutomaticOSUpgrade": false, "disableAutomaticRollback": false],
    ]
  }

  private var profile: DocumentMap {
    var system: DocumentMap = [
      "computerNamePrefix": .string(String(plan.customer.prefix(50))), "adminUsername": "[parameters('adminUsername')]",
    ]
    if case .password = admin?.access {
      system["adminPassword"] = "[parameters('adminPassword')]"
    } else {
      system["linuxConfiguration"] = [
        "disablePasswordAuthentication": true,
        "ssh": [
          "publicKeys": [
            [
              "path": "[concat('/home/', parameters('adminUsername'), '/.ssh/authorized_keys')]",
              "keyData": "[parameters('adminPublicKey')]",
            ]
          ]
        ],
      ]
    }
    system["customData"] = "[base64(parameters('customData'))]"
    var address: DocumentMap = ["subnet": ["id": "[variables('subnetId')]"]]
    if port != nil {
      address["loadBalancerBackendAddressPools"] = [
        ["id": "[concat(variables('balancerId'), '/backendAddressPools/machines')]"]
      ]
    }
    var map: DocumentMap = [
      "storageProfile": [
        "imageReference": [
          "id": .string(isFromVHD ? id("Microsoft.Compute/images", "image") : "[parameters('image')]")
        ],
        "osDisk": [
          "createOption": "FromImage", "caching": "ReadWrite",
          "managedDisk": ["storageAccountType": "StandardSSD_LRS"],
        ],
      ], "osProfile": .map(system),
      "networkProfile": [
        "networkInterfaceConfigurations": [
          [
            "name": "main",
            "properties": [
              "primary": true,
              "networkSecurityGroup": ["id": .string(id("Microsoft.Network/networkSecurityGroups", "securityGroup"))],
              "ipConfigurations": [["name": "main", "properties": .map(address)]],
            ],
          ]
        ]
      ],
      // What a machine that does not start has printed.
      "diagnosticsProfile": ["bootDiagnostics": ["enabled": true]],
    ]
    if let health { map["extensionProfile"] = ["extensions": [health]] }
    return map
  }

  /// Asks the app on each machine, from within: an upgrade goes on only while it answers.
  private var health: DocumentValue? {
    guard let port else { return nil }
    var settings: DocumentMap = ["protocol": "tcp", "port": .integer(port)]
    if let path = machine.app?.spec.health?.value {
      settings["protocol"] = port == 443 ? "https" : "http"
      settings["requestPath"] = .string(path)
    }
    return [
      "name": "health",
      "properties": [
        "publisher": "Microsoft.ManagedServices", "type": "ApplicationHealthLinux", "typeHandlerVersion": "1.0",
        "autoUpgradeMinorVersion": true, "settings": .map(settings),
      ],
    ]
  }

  /// One machine more while processors are busy for five minutes, one less while they are used half as much.
  private var autoscale: DocumentValue {
    let target = "[resourceId('Microsoft.Compute/virtualMachineScaleSets', parameters('scaleSetName'))]"
    func rule(_ direction: String, _ comparison: String, _ threshold: String) -> DocumentValue {
      [
        "metricTrigger": [
          "metricName": "Percentage CPU", "metricResourceUri": .string(target), "timeGrain": "PT1M",
          "statistic": "Average", "timeWindow": "PT5M", "timeAggregation": "Average",
          "operator": .string(comparison), "threshold": .string(threshold),
        ], "scaleAction": ["direction": .string(direction), "type": "ChangeCount", "value": "1", "cooldown": "PT5M"],
      ]
    }
    return resource(
      "Microsoft.Insights/autoscalesettings", ARM.autoscale, name: "[concat(parameters('scaleSetName'), '-autoscale')]",
      dependsOn: [target],
      [
        "condition": "[less(parameters('minimum'), parameters('maximum'))]",
        "properties": [
          "enabled": true, "targetResourceUri": .string(target),
          "profiles": [
            [
              "name": "processors",
              "capacity": [
                "minimum": "[string(parameters('minimum'))]", "maximum": "[string(parameters('maximum'))]",
                "default": "[string(parameters('minimum'))]",
              ],
              "rules": [
                rule("Increase", "GreaterThan", "[parameters('cpu')]"),
                rule("Decrease", "LessThan", "[div(parameters('cpu'), 2)]"),
              ],
            ]
          ],
        ],
      ])
  }
}
