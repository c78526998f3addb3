import KilnDocuments
import KilnPlan
import KilnSpec

extension ScaleSetLowering {
  // MARK: The scale set

  var scaleSet: DocumentValue {
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
  var autoscale: DocumentValue {
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
