// jwt_header_query jwt_payload_query jwt_verify jwt_verify_cert (manual 7.3.1; RFC 7515, RFC 7518). Tokens in compact
// serialisation: three base64url texts with dots between. Keys and certificates are read once, with the configuration.
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "expr/arguments.hpp"
#include "expr/base64.hpp"
#include "expr/entries.hpp"
#include "expr/json.hpp"

namespace sluice::expr {
namespace {
using catalog::typed;
using catalog::undefined;
using std::string_view;

struct KeyFree {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Key = std::unique_ptr<EVP_PKEY, KeyFree>;

// The second argument of jwt_verify: a secret, or the file of a public key or certificate, or a variable holding a secret.
struct JwtKey {
  TextArg text;
  Key key;  // if `text` named a file with one
};
// What RFC 7518 calls an algorithm, or a variable holding its name.
struct AlgorithmArg : TextArg {};
struct CertificateFile {
  Key key;
};

// RFC 7518, section 3.1.
enum class Family : std::uint8_t { hmac, rsa, ecdsa, pss };
struct Algorithm {
  Family family;
  const EVP_MD* digest;
};
std::optional<Algorithm> algorithm_of(string_view name) {
  if (name.size() != 5) return std::nullopt;
  const string_view bits = name.substr(2);
  const EVP_MD* const digest = bits == "256" ? EVP_sha256() : bits == "384" ? EVP_sha384() : bits == "512" ? EVP_sha512() : nullptr;
  const string_view family = name.substr(0, 2);
  if (!digest) return std::nullopt;
  if (family == "HS") return Algorithm{Family::hmac, digest};
  if (family == "RS") return Algorithm{Family::rsa, digest};
  if (family == "ES") return Algorithm{Family::ecdsa, digest};
  if (family == "PS") return Algorithm{Family::pss, digest};
  return std::nullopt;
}

// What jwt_verify answers.
enum class Answer : std::int8_t { failure = 0, success = 1, unknown_algorithm = -1, invalid_token = -3, no_memory = -4, unknown_certificate = -5 };

struct Token {
  string_view signed_part;  // header and payload with the dot
  string_view header, payload, signature;
};
std::optional<Token> split(string_view token) {
  const auto first = token.find('.');
  if (first == string_view::npos) return std::nullopt;
  const auto second = token.find('.', first + 1);
  if (second == string_view::npos || token.find('.', second + 1) != string_view::npos) return std::nullopt;
  return Token{token.substr(0, second), token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1)};
}

const unsigned char* bytes(string_view text) { return reinterpret_cast<const unsigned char*>(text.data() ? text.data() : ""); }

bool hmac_fits(const EVP_MD* digest, string_view secret, string_view text, string_view signature) {
  unsigned char made[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (!HMAC(digest, bytes(secret), static_cast<int>(secret.size()), bytes(text), text.size(), made, &size)) return false;
  return size == signature.size() && CRYPTO_memcmp(made, signature.data(), size) == 0;
}

// A JWS has the two numbers of an ECDSA signature one behind the other; the library wants them in DER (RFC 7518, 3.4).
std::optional<string_view> ecdsa_der(string_view signature, Arena& arena) {
  if (signature.empty() || signature.size() % 2 != 0) return std::nullopt;
  const auto half = static_cast<int>(signature.size() / 2);
  ECDSA_SIG* const pair = ECDSA_SIG_new();
  BIGNUM* const r = BN_bin2bn(bytes(signature), half, nullptr);
  BIGNUM* const s = BN_bin2bn(bytes(signature) + half, half, nullptr);
  if (!pair || !r || !s || ECDSA_SIG_set0(pair, r, s) != 1) {
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
    return std::nullopt;
  }
  char* const out = arena.allocate(signature.size() + 32);
  auto* at = reinterpret_cast<unsigned char*>(out);
  const int size = i2d_ECDSA_SIG(pair, &at);
  ECDSA_SIG_free(pair);
  if (size <= 0) return std::nullopt;
  return string_view(out, static_cast<std::size_t>(size));
}

Answer key_fits(EVP_PKEY* key, const Algorithm& algorithm, string_view text, string_view signature, Arena& arena) {
  if (!key) return Answer::unknown_certificate;
  if (EVP_PKEY_get_base_id(key) != (algorithm.family == Family::ecdsa ? EVP_PKEY_EC : EVP_PKEY_RSA)) return Answer::failure;
  if (algorithm.family == Family::ecdsa) {
    const auto der = ecdsa_der(signature, arena);
    if (!der) return Answer::failure;
    signature = *der;
  }
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  if (!context) return Answer::no_memory;
  EVP_PKEY_CTX* details = nullptr;
  bool fits = EVP_DigestVerifyInit(context, &details, algorithm.digest, nullptr, key) == 1;
  if (fits && algorithm.family == Family::pss)
    fits = EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING) == 1 && EVP_PKEY_CTX_set_rsa_pss_saltlen(details, RSA_PSS_SALTLEN_DIGEST) == 1;
  fits = fits && EVP_DigestVerify(context, bytes(signature), signature.size(), bytes(text), text.size()) == 1;
  EVP_MD_CTX_free(context);
  return fits ? Answer::success : Answer::failure;
}

struct Question {
  Answer answer = Answer::success;  // what is wrong already
  Token token;
  string_view signature;
  Algorithm algorithm{};
};
Question question(string_view in, const Scope& scope, const AlgorithmArg& name) {
  const auto algorithm_name = name.get(scope);
  const auto algorithm = algorithm_name ? algorithm_of(*algorithm_name) : std::nullopt;
  if (!algorithm) return {.answer = Answer::unknown_algorithm};
  const auto token = split(in);
  const auto signature = token ? decode_base64_url(token->signature, *scope.arena) : std::nullopt;
  if (!signature) return {.answer = Answer::invalid_token};
  return {.token = *token, .signature = *signature, .algorithm = *algorithm};
}

Int jwt_verify(string_view in, const Scope& scope, const AlgorithmArg& name, const JwtKey& key) {
  const Question asked = question(in, scope, name);
  if (asked.answer != Answer::success) return static_cast<Int>(asked.answer);
  if (asked.algorithm.family != Family::hmac)
    return static_cast<Int>(key_fits(key.key.get(), asked.algorithm, asked.token.signed_part, asked.signature, *scope.arena));
  const auto secret = key.text.get(scope);
  return secret && hmac_fits(asked.algorithm.digest, *secret, asked.token.signed_part, asked.signature) ? 1 : 0;
}
Int jwt_verify_cert(string_view in, const Scope& scope, const AlgorithmArg& name, const CertificateFile& certificate) {
  const Question asked = question(in, scope, name);
  if (asked.answer != Answer::success) return static_cast<Int>(asked.answer);
  if (asked.algorithm.family == Family::hmac) return static_cast<Int>(Answer::unknown_algorithm);
  return static_cast<Int>(key_fits(certificate.key.get(), asked.algorithm, asked.token.signed_part, asked.signature, *scope.arena));
}

template <string_view Token::*part>
Sample part_query(string_view in, Arena& arena, const std::optional<JsonPath>& path, std::optional<JsonOut> out) {
  const auto token = split(in);
  const auto text = token ? decode_base64_url((*token).*part, arena) : std::nullopt;
  if (!text) return {};
  return path ? json_query(*text, arena, *path, out) : Sample::text(*text);
}

// A public key, a certificate, or a private key (whose public half counts), in this order.
Key key_of(BIO* file) {
  if (EVP_PKEY* const key = PEM_read_bio_PUBKEY(file, nullptr, nullptr, nullptr)) return Key(key);
  (void)BIO_reset(file);
  if (X509* const certificate = PEM_read_bio_X509(file, nullptr, nullptr, nullptr)) {
    EVP_PKEY* const key = X509_get_pubkey(certificate);
    X509_free(certificate);
    return Key(key);
  }
  return nullptr;
}
Key key_in_file(const std::string& path) {
  BIO* const file = BIO_new_file(path.c_str(), "r");
  if (!file) return nullptr;
  Key key = key_of(file);
  BIO_free(file);
  return key;
}

}  // namespace
}  // namespace sluice::expr

template <>
struct sluice::catalog::Argument<sluice::expr::JwtKey> {
  static constexpr std::string_view name = "string";
  // Whether it is a secret or a file is known from the algorithm only, which may be known at run time only.
  static std::expected<sluice::expr::JwtKey, std::string> read(std::string_view text, sluice::expr::Compiler& compiler) {
    auto argument = sluice::catalog::Argument<sluice::expr::TextArg>::read(text, compiler);
    if (!argument) return std::unexpected(std::move(argument.error()));
    sluice::expr::JwtKey key{std::move(*argument), nullptr};
    if (!key.text.variable) key.key = sluice::expr::key_in_file(compiler.path(text));
    return key;
  }
};
template <>
struct sluice::catalog::Argument<sluice::expr::AlgorithmArg> {
  static constexpr std::string_view name = "string";
  // "none" can be asked for and is never right.
  static std::expected<sluice::expr::AlgorithmArg, std::string> read(std::string_view text, sluice::expr::Compiler& compiler) {
    auto argument = sluice::catalog::Argument<sluice::expr::TextArg>::read(text, compiler);
    if (!argument) return std::unexpected(std::move(argument.error()));
    if (!argument->variable && text != "none" && !sluice::expr::algorithm_of(text))
      return std::unexpected(fmt::format("'{}' is neither an algorithm (HS256, RS384, ES512, PS256, ...) nor a variable", text));
    return sluice::expr::AlgorithmArg{std::move(*argument)};
  }
};
template <>
struct sluice::catalog::Argument<sluice::expr::CertificateFile> {
  static constexpr std::string_view name = "string";
  static std::expected<sluice::expr::CertificateFile, std::string> read(std::string_view text, sluice::expr::Compiler& compiler) {
    auto key = sluice::expr::key_in_file(compiler.path(text));
    if (!key) return std::unexpected(fmt::format("there is no certificate to be read in '{}'", text));
    return sluice::expr::CertificateFile{std::move(key)};
  }
};

namespace sluice::expr {
namespace {

// Signed by HS256 with the secret "key".
const catalog::Add a{Converter{.name = "jwt_header_query", .args = {"json_path", "output_type"}, .run = typed<part_query<&Token::header>>, .out = Type::any,
    .doc = "The header of a JSON web token, or what json_query finds in it.",
    .examples = {{"str(eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJqb2UiLCJuIjo3fQ.xx),jwt_header_query('$.alg')", "HS256"},
                 {"str(eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJqb2UiLCJuIjo3fQ.xx),jwt_header_query", "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"},
                 {"str(no token),jwt_header_query", undefined}}}};
const catalog::Add b{Converter{.name = "jwt_payload_query", .args = {"json_path", "output_type"}, .run = typed<part_query<&Token::payload>>, .out = Type::any,
    .doc = "The claims of a JSON web token, or what json_query finds in them.",
    .examples = {{"str(eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJqb2UiLCJuIjo3fQ.xx),jwt_payload_query('$.sub')", "joe"},
                 {"str(eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJqb2UiLCJuIjo3fQ.xx),jwt_payload_query('$.n','int'),add(1)", "8"}}}};
const catalog::Add c{Converter{.name = "jwt_verify", .args = {"alg", "key"}, .run = typed<jwt_verify>,
    .doc = "1 if the signature of a JSON web token is right, 0 if not, below 0 for other errors; {key} is a secret or a file.",
    .examples = {{"str(eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJqb2UiLCJuIjo3fQ.-bCwC-a4N2XW1iforhzy--9OiijES-nMyOGQUdPFZgI),jwt_verify(HS256,key)", "1"},
                 {"str(eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJqb2UiLCJuIjo4fQ.-bCwC-a4N2XW1iforhzy--9OiijES-nMyOGQUdPFZgI),jwt_verify(HS256,key)", "0"},
                 {"str(a.b.c),jwt_verify(none,key)", "-1"}, {"str(a.b),jwt_verify(HS256,key)", "-3"}, {"str(a.b.cc),jwt_verify(RS256,no-such-file)", "-5"}}}};
const catalog::Add d{Converter{.name = "jwt_verify_cert", .args = {"alg", "cert"}, .run = typed<jwt_verify_cert>,
    .doc = "As jwt_verify with the certificate or public key of a file.",
    .examples = {{"str(eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJqb2UifQ.BFfS7wFAjTMsCDzZeYmeSfDXYHn2KsEvktntC4D_SZ7LDj7PyBZ_Hf_USIXNJScDADReVZNkDqmCA-M5HCSuFA),jwt_verify_cert(ES256,tests/unit/expr/jwt_key.pem)", "1"},
                 {"str(a.b.cc),jwt_verify_cert(ES256,tests/unit/expr/jwt_key.pem)", "0"}, {"str(a.b.cc),jwt_verify_cert(HS256,tests/unit/expr/jwt_key.pem)", "-1"}}}};

}  // namespace
}  // namespace sluice::expr
