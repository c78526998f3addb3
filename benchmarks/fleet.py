#!/usr/bin/env python3
"""Makes a workspace with many customers: fleet.py DIRECTORY CUSTOMERS [RUNTIMES] [--kubernetes].

With --kubernetes they are deployed to a cluster, in two stages. Customers stand on profiles, one for each distinct runtime; the same arguments give the same files.
"""
import os
import sys

EXTENSIONS = ["mysql", "redis", "mongodb", "imagick", "intl", "gd", "mbstring", "curl", "zip", "bcmath", "soap", "xml"]


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--kubernetes"]
    kubernetes = "--kubernetes" in sys.argv
    root, customers = arguments[0], int(arguments[1])
    runtimes = int(arguments[2]) if len(arguments) > 2 else 12
    clusters = "clusters: {fleet: {context: fleet}}\n" if kubernetes else ""
    write(f"{root}/kiln.yaml", f"version: 1\nregistry: registry.example.com/fleet\n{clusters}")
    write(f"{root}/apps/shop/index.php", "<?php echo getenv('APP_NAME');\n")
    write(f"{root}/apps/shop/health.php", "<?php echo 'ok';\n")
    write(f"{root}/apps/shop/config/config.ini", "brand=__brand__\n")
    storage = ", storage: 1Gi" if kubernetes else ""
    for number in range(runtimes):
        # Every profile has one extension more than the one before: as near as real ones are.
        extensions = ", ".join(EXTENSIONS[: number % len(EXTENSIONS) + 1])
        write(
            f"{root}/profiles/web-{number:02}.yaml",
            f"""version: 1
runtime:
  base: debian-12
  components:
    apache: {{modules: [rewrite, headers]}}
    php: {{version: "8.2", extensions: [{extensions}]}}
    composer: {{}}
  environment: {{TZ: Europe/Amsterdam, FLEET: "{number // len(EXTENSIONS)}"}}
app:
  source: ../apps/shop
  workdir: /var/www/app
  port: 80
  health: /health.php
services:
  mariadb: {{from: packages, database: shop, user: shop, password: DB_PASSWORD, settings: {{max_connections: 200}}{storage}}}
  redis: {{from: packages{storage}, settings: {{maxmemory: 64mb}}}}
stages: {{qa: {{}}, production: {{}}}}
{"deploy: {kubernetes: {}}" if kubernetes else ""}
""",
        )
    for number in range(customers):
        name = f"customer-{number:05}"
        write(
            f"{root}/environments/{name}.yaml",
            f"""# yaml-language-server: $schema=../.kiln/environment.schema.json
version: 1
customer: {name}
profile: web-{number % runtimes:02}
app:
  environment: {{APP_ENV: production, APP_NAME: {name}, DB_HOST: mariadb, REDIS_HOST: redis}}
  tokens:
    files: [config/config.ini]
    values: {{brand: Customer {number}}}
secrets:
  DB_PASSWORD: {{env: DB_PASSWORD_{number:05}}}
images: {{registry: registry.example.com/fleet}}
machine:
  azure:
    location: westeurope
    capture: {{vhd: {{resourceGroup: images-rg, storageAccount: fleetimages, container: images}}}}
""",
        )


main()
