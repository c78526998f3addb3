"""Caddy's configuration, as a value. Written as JSON, so no text of a user is read as Caddy's own syntax."""
import base64

CERTIFICATES = "/etc/kiln/https/certificates"
SECURITY = {
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}


def literal(text):
    """Text in which Caddy replaces nothing."""
    return str(text).replace("{", "\\{")


def headers(more=None):
    wanted = {name.title(): [value] for name, value in SECURITY.items()}
    wanted.update({name.title(): [literal(value)] for name, value in (more or {}).items()})
    return {"handler": "headers", "response": {"set": wanted, "delete": ["Server", "X-Powered-By"], "deferred": True}}


def nothing():
    return {"handle": [headers(), {"handler": "static_response", "status_code": 404}]}


def accounts(users, hashes):
    return {
        "handler": "authentication",
        "providers": {
            "http_basic": {
                "hash": {"algorithm": "bcrypt"},
                "hash_cache": {},
                "accounts": [
                    {"username": user, "password": base64.b64encode(hashes.get(user, "").encode()).decode()}
                    for user in sorted(users)
                ],
            }
        },
    }


def route(wanted, hashes):
    path = wanted["path"].rstrip("/")
    handle = [headers(wanted.get("headers"))]
    proxy = {"handler": "reverse_proxy", "upstreams": [{"dial": wanted["upstream"]}]}
    if wanted.get("users"):
        handle.append(accounts(wanted["users"], hashes))
        # The password is for this door, and is not passed on.
        proxy["headers"] = {"request": {"delete": ["Authorization"]}}
    if wanted.get("strip") and path:
        handle.append({"handler": "rewrite", "strip_path_prefix": path})
    handle.append(proxy)
    result = {"handle": handle, "terminal": True}
    if path:
        result["match"] = [{"path": [path, path + "/*"]}]
    return result


def site(wanted, hashes):
    routes = sorted(wanted.get("routes", []), key=lambda one: -len(one["path"].rstrip("/")))
    inner = [route(one, hashes) for one in routes] + [nothing()]
    return {
        "match": [{"host": names(wanted)}],
        "handle": [{"handler": "subroute", "routes": inner}],
        "terminal": True,
    }


def names(wanted):
    return [wanted["name"]] + list(wanted.get("aliases", []))


def policies(sites):
    result = []
    for wanted in sites:
        kind = wanted["certificate"]["kind"]
        if kind == "local":
            issuer = {"module": "internal"}
        elif kind == "acme":
            issuer = {"module": "acme"}
            if wanted["certificate"].get("mail"):
                issuer["email"] = wanted["certificate"]["mail"]
        else:
            continue
        result.append({"subjects": names(wanted), "issuers": [issuer]})
    return result


def caddy(sites, hashes, redirect):
    """The configuration for the sites; `hashes` maps users to bcrypt hashes."""
    hosts = [name for wanted in sites for name in names(wanted)]
    files = [wanted["name"] for wanted in sites if wanted["certificate"]["kind"] == "files"]
    bare = {"handler": "headers", "response": {"set": {name.title(): [value] for name, value in SECURITY.items()}, "delete": ["Server"]}}
    servers = {
        "https": {
            "listen": [":443"],
            "protocols": ["h1", "h2"],
            "automatic_https": {"disable_redirects": True},
            "routes": [site(wanted, hashes) for wanted in sites] + [nothing()],
            "errors": {
                "routes": [{"handle": [bare, {"handler": "static_response", "status_code": "{http.error.status_code}"}]}]
            },
            "tls_connection_policies": [
                {"match": {"sni": names(wanted)}, "certificate_selection": {"any_tag": [wanted["name"]]}}
                for wanted in sites if wanted["certificate"]["kind"] == "files"
            ] + [{}],
        }
    }
    if redirect:
        there = {
            "handler": "static_response",
            "status_code": 308,
            "headers": {"Location": ["https://{http.request.host}{http.request.uri}"]},
        }
        unnamed = {"handler": "headers", "response": {"delete": ["Server"], "deferred": True}}
        servers["http"] = {
            "listen": [":80"],
            "protocols": ["h1"],
            "automatic_https": {"disable": True},
            "routes": [
                {"match": [{"host": hosts}], "handle": [unnamed, there], "terminal": True},
                {"handle": [unnamed, {"handler": "static_response", "status_code": 404}]},
            ],
        }
    tls = {"automation": {"policies": policies(sites)}}
    if files:
        tls["certificates"] = {
            "load_files": [
                {"certificate": f"{CERTIFICATES}/{name}.crt", "key": f"{CERTIFICATES}/{name}.key", "tags": [name]}
                for name in files
            ]
        }
    return {
        "admin": {"listen": "unix//run/caddy/admin.sock"},
        "apps": {
            "http": {"servers": servers},
            "tls": tls,
            "pki": {"certificate_authorities": {"local": {"name": "Kiln", "install_trust": False}}},
        },
    }


def certificates(sites):
    """Files that Caddy reads besides its configuration."""
    return [
        f"{CERTIFICATES}/{wanted['name']}.{suffix}"
        for wanted in sites if wanted["certificate"]["kind"] == "files" for suffix in ("crt", "key")
    ]


class FilterModule:
    def filters(self):
        return {"kiln_caddy": caddy, "kiln_caddy_certificates": certificates}
