// Words of `server` and `bind` lines that say how TLS is spoken, and take no argument. This version speaks no TLS: `ssl`
// itself, and every word that names a file, a cipher or a version with an argument, is an error. So a configuration that
// loads has no encrypted connection these words could change, and accepting them is all they are to do. -dD reports them.
#include "backend/server_option.hpp"
#include "catalog/add.hpp"
#include "proxy/bind.hpp"

namespace sluice::proxy {
namespace {

constexpr std::string_view no_tls_to_servers = "no connection to a server is encrypted in this version, which 'ssl' would ask for";
constexpr std::string_view no_tls_of_clients = "no connection of a client is encrypted in this version, which 'ssl' would ask for";

constexpr backend::ServerOption of_server(std::string_view name, std::string_view doc) {
  return {.name = name, .inherent = no_tls_to_servers, .doc = doc};
}
constexpr BindOption of_bind(std::string_view name, std::string_view doc) {
  return {.name = name, .inherent = no_tls_of_clients, .doc = doc};
}

using Server = catalog::Add<backend::ServerOption>;
const Server server_words[] = {
    Server{of_server("no-ssl", "Takes back an ssl of default-server: its connections are not encrypted.")},
    Server{of_server("no-check-ssl", "Takes back a check-ssl of default-server: its checks are not encrypted.")},
    Server{of_server("no-verifyhost", "Takes back a verifyhost of default-server.")},
    Server{of_server("ssl-reuse", "With ssl: resumes TLS sessions.")},
    Server{of_server("no-ssl-reuse", "With ssl: never resumes TLS sessions.")},
    Server{of_server("tls-tickets", "With ssl: takes session tickets.")},
    Server{of_server("no-tls-tickets", "With ssl: takes no session tickets.")},
    Server{of_server("renegotiate", "With ssl: lets the server renegotiate.")},
    Server{of_server("no-renegotiate", "With ssl: does not let the server renegotiate.")},
    Server{of_server("sni-auto", "With ssl: sends the request's host as the name asked for.")},
    Server{of_server("no-sni-auto", "With ssl: sends no name of its own accord.")},
    Server{of_server("check-sni-auto", "With check-ssl: sends the host of the check as the name asked for.")},
    Server{of_server("no-check-sni-auto", "With check-ssl: sends no name of its own accord.")},
    Server{of_server("allow-0rtt", "With ssl: sends early data.")},
    Server{of_server("force-sslv3", "With ssl: SSLv3 and no other version.")},
    Server{of_server("force-tlsv10", "With ssl: TLS 1.0 and no other version.")},
    Server{of_server("force-tlsv11", "With ssl: TLS 1.1 and no other version.")},
    Server{of_server("force-tlsv12", "With ssl: TLS 1.2 and no other version.")},
    Server{of_server("force-tlsv13", "With ssl: TLS 1.3 and no other version.")},
    Server{of_server("no-sslv3", "With ssl: not SSLv3.")},
    Server{of_server("no-tlsv10", "With ssl: not TLS 1.0.")},
    Server{of_server("no-tlsv11", "With ssl: not TLS 1.1.")},
    Server{of_server("no-tlsv12", "With ssl: not TLS 1.2.")},
    Server{of_server("no-tlsv13", "With ssl: not TLS 1.3.")},
};

using Listening = catalog::Add<BindOption>;
const Listening bind_words[] = {
    Listening{of_bind("strict-sni", "With ssl: refuses names there is no certificate for.")},
    Listening{of_bind("no-strict-sni", "With ssl: the first certificate is for names there is none for.")},
    Listening{of_bind("tls-tickets", "With ssl: gives session tickets.")},
    Listening{of_bind("no-tls-tickets", "With ssl: gives no session tickets.")},
    Listening{of_bind("prefer-client-ciphers", "With ssl: the client's order of ciphers decides.")},
    Listening{of_bind("no-ca-names", "With ssl: does not say whose client certificates are taken.")},
    Listening{of_bind("no-alpn", "With ssl: agrees on no protocol.")},
    Listening{of_bind("allow-0rtt", "With ssl: takes early data.")},
    Listening{of_bind("force-sslv3", "With ssl: SSLv3 and no other version.")},
    Listening{of_bind("force-tlsv10", "With ssl: TLS 1.0 and no other version.")},
    Listening{of_bind("force-tlsv11", "With ssl: TLS 1.1 and no other version.")},
    Listening{of_bind("force-tlsv12", "With ssl: TLS 1.2 and no other version.")},
    Listening{of_bind("force-tlsv13", "With ssl: TLS 1.3 and no other version.")},
    Listening{of_bind("no-sslv3", "With ssl: not SSLv3.")},
    Listening{of_bind("no-tlsv10", "With ssl: not TLS 1.0.")},
    Listening{of_bind("no-tlsv11", "With ssl: not TLS 1.1.")},
    Listening{of_bind("no-tlsv12", "With ssl: not TLS 1.2.")},
    Listening{of_bind("no-tlsv13", "With ssl: not TLS 1.3.")},
};

}  // namespace
}  // namespace sluice::proxy
