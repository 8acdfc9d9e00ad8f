// jwt_decrypt_secret jwt_decrypt_jwk jwt_decrypt_cert (manual 7.3.1): the content of an encrypted token in compact
// serialisation (RFC 7516): five base64url texts with dots between: header, encrypted key, nonce, content, tag. Known are
// the algorithms of RFC 7518 that need no agreement of keys: dir, A*KW, A*GCMKW with a secret, RSA1_5, RSA-OAEP and
// RSA-OAEP-256 with a private key; content in A*GCM and A*CBC-HS*. Whatever does not fit gives no sample.
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <cstring>

#include "expr/arguments.hpp"
#include "expr/base64.hpp"
#include "expr/entries.hpp"
#include "expr/json.hpp"

namespace sluice::expr {
namespace {
using catalog::typed;
using catalog::undefined;
using std::string_view;
using Bytes = std::optional<string_view>;

template <auto release>
struct Release {
  template <class T>
  void operator()(T* one) const { release(one); }
};
using Key = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Release<EVP_PKEY_CTX_free>>;
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, Release<EVP_CIPHER_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Release<BN_clear_free>>;

struct PrivateKeyFile {
  Key key;
};

const unsigned char* bytes(string_view text) { return reinterpret_cast<const unsigned char*>(text.data() ? text.data() : ""); }
unsigned char* bytes(char* text) { return reinterpret_cast<unsigned char*>(text); }

struct Token {
  string_view header;                // decoded
  string_view header_text;           // as it stands in the token: what the tag protects beside the content
  string_view key, nonce, content, tag;
  string_view algorithm, encryption;
};

Bytes text_in(string_view json, string_view path, Arena& arena) {
  const auto at = catalog::Argument<JsonPath>::read(path);
  if (!at) return std::nullopt;
  const Sample found = json_query(json, arena, *at, {});
  return found ? text_of(found, arena) : std::nullopt;
}

std::optional<Token> token_of(string_view in, Arena& arena) {
  string_view parts[5];
  for (std::size_t i = 0; i < 5; ++i) {
    const auto dot = in.find('.');
    if ((dot == string_view::npos) != (i == 4)) return std::nullopt;
    parts[i] = in.substr(0, dot);
    if (i < 4) in.remove_prefix(dot + 1);
  }
  Bytes decoded[5];
  for (std::size_t i = 0; i < 5; ++i) {
    decoded[i] = decode_base64_url(parts[i], arena);
    if (!decoded[i]) return std::nullopt;
  }
  const Bytes algorithm = text_in(*decoded[0], "$.alg", arena), encryption = text_in(*decoded[0], "$.enc", arena);
  if (!algorithm || !encryption) return std::nullopt;
  if (text_in(*decoded[0], "$.zip", arena)) return std::nullopt;  // compressed content is not understood
  return Token{*decoded[0], parts[0], *decoded[1], *decoded[2], *decoded[3], *decoded[4], *algorithm, *encryption};
}

// ---- the content (RFC 7518, section 5)

// "A128GCM", "A128CBC-HS256": how many bytes the content's key has.
struct Encryption {
  std::size_t key_size = 0;
  const EVP_CIPHER* cipher = nullptr;
  const EVP_MD* digest = nullptr;  // null: GCM
};
std::optional<Encryption> encryption_of(string_view name) {
  if (name == "A128GCM") return Encryption{16, EVP_aes_128_gcm(), nullptr};
  if (name == "A192GCM") return Encryption{24, EVP_aes_192_gcm(), nullptr};
  if (name == "A256GCM") return Encryption{32, EVP_aes_256_gcm(), nullptr};
  if (name == "A128CBC-HS256") return Encryption{32, EVP_aes_128_cbc(), EVP_sha256()};
  if (name == "A192CBC-HS384") return Encryption{48, EVP_aes_192_cbc(), EVP_sha384()};
  if (name == "A256CBC-HS512") return Encryption{64, EVP_aes_256_cbc(), EVP_sha512()};
  return std::nullopt;
}

struct Sealed {
  string_view nonce, additional, content, tag;
};

Bytes open_gcm(const EVP_CIPHER* cipher, string_view key, const Sealed& sealed, Arena& arena) {
  constexpr std::size_t nonce_size = 12, tag_size = 16;
  if (sealed.nonce.size() != nonce_size || sealed.tag.size() != tag_size) return std::nullopt;
  if (key.size() != static_cast<std::size_t>(EVP_CIPHER_get_key_length(cipher))) return std::nullopt;
  const Cipher context(EVP_CIPHER_CTX_new());
  int size = 0, rest = 0;
  char* const out = arena.allocate(sealed.content.size() + 16);
  if (!context || EVP_DecryptInit_ex(context.get(), cipher, nullptr, bytes(key), bytes(sealed.nonce)) != 1) return std::nullopt;
  if (EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, const_cast<char*>(sealed.tag.data())) != 1) return std::nullopt;
  if (!sealed.additional.empty() &&
      EVP_DecryptUpdate(context.get(), nullptr, &size, bytes(sealed.additional), static_cast<int>(sealed.additional.size())) != 1)
    return std::nullopt;
  if (EVP_DecryptUpdate(context.get(), bytes(out), &size, bytes(sealed.content), static_cast<int>(sealed.content.size())) != 1) return std::nullopt;
  if (EVP_DecryptFinal_ex(context.get(), bytes(out + size), &rest) != 1) return std::nullopt;
  return string_view(out, static_cast<std::size_t>(size + rest));
}

// Encrypt-then-MAC: half of the key is for each; the length of the additional data in bits is part of what is signed.
Bytes open_cbc(const Encryption& how, string_view key, const Sealed& sealed, Arena& arena) {
  const std::size_t half = how.key_size / 2;
  if (key.size() != how.key_size || sealed.nonce.size() != 16 || sealed.tag.size() != half) return std::nullopt;
  const std::size_t size = sealed.additional.size() + sealed.nonce.size() + sealed.content.size() + 8;
  char* const text = arena.allocate(size);
  char* to = text;
  for (const string_view part : {sealed.additional, sealed.nonce, sealed.content}) {
    if (!part.empty()) std::memcpy(to, part.data(), part.size());
    to += part.size();
  }
  const std::uint64_t bits = std::uint64_t{sealed.additional.size()} * 8;
  for (int shift = 56; shift >= 0; shift -= 8) *to++ = static_cast<char>(bits >> shift);
  unsigned char made[EVP_MAX_MD_SIZE];
  unsigned made_size = 0;
  if (!HMAC(how.digest, key.data(), static_cast<int>(half), bytes(text), size, made, &made_size)) return std::nullopt;
  if (made_size < half || CRYPTO_memcmp(made, sealed.tag.data(), half) != 0) return std::nullopt;
  const Cipher context(EVP_CIPHER_CTX_new());
  char* const out = arena.allocate(sealed.content.size() + 16);
  int written = 0, rest = 0;
  if (!context || EVP_DecryptInit_ex(context.get(), how.cipher, nullptr, bytes(key.substr(half)), bytes(sealed.nonce)) != 1) return std::nullopt;
  if (EVP_DecryptUpdate(context.get(), bytes(out), &written, bytes(sealed.content), static_cast<int>(sealed.content.size())) != 1) return std::nullopt;
  if (EVP_DecryptFinal_ex(context.get(), bytes(out + written), &rest) != 1) return std::nullopt;
  return string_view(out, static_cast<std::size_t>(written + rest));
}

Bytes open_content(const Token& token, string_view key, Arena& arena) {
  const auto how = encryption_of(token.encryption);
  if (!how) return std::nullopt;
  const Sealed sealed{token.nonce, token.header_text, token.content, token.tag};
  return how->digest ? open_cbc(*how, key, sealed, arena) : open_gcm(how->cipher, key, sealed, arena);
}

// ---- the key of the content (RFC 7518, section 4)

// RFC 3394.
Bytes unwrapped(const EVP_CIPHER* cipher, string_view secret, string_view key, Arena& arena) {
  if (secret.size() != static_cast<std::size_t>(EVP_CIPHER_get_key_length(cipher)) || key.size() % 8 != 0 || key.size() < 24) return std::nullopt;
  const Cipher context(EVP_CIPHER_CTX_new());
  if (!context) return std::nullopt;
  EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  char* const out = arena.allocate(key.size() + 8);
  int size = 0, rest = 0;
  if (EVP_DecryptInit_ex(context.get(), cipher, nullptr, bytes(secret), nullptr) != 1) return std::nullopt;
  if (EVP_DecryptUpdate(context.get(), bytes(out), &size, bytes(key), static_cast<int>(key.size())) != 1) return std::nullopt;
  if (EVP_DecryptFinal_ex(context.get(), bytes(out + size), &rest) != 1) return std::nullopt;
  return string_view(out, static_cast<std::size_t>(size + rest));
}
Bytes by_gcm(const EVP_CIPHER* cipher, const Token& token, string_view secret, Arena& arena) {
  const Bytes nonce_text = text_in(token.header, "$.iv", arena), tag_text = text_in(token.header, "$.tag", arena);
  if (!nonce_text || !tag_text) return std::nullopt;
  const Bytes nonce = decode_base64_url(*nonce_text, arena), tag = decode_base64_url(*tag_text, arena);
  if (!nonce || !tag) return std::nullopt;
  return open_gcm(cipher, secret, {*nonce, {}, token.key, *tag}, arena);
}
Bytes key_by_secret(const Token& token, string_view secret, Arena& arena) {
  const string_view how = token.algorithm;
  if (how == "dir") return token.key.empty() ? Bytes(secret) : std::nullopt;
  if (how == "A128KW") return unwrapped(EVP_aes_128_wrap(), secret, token.key, arena);
  if (how == "A192KW") return unwrapped(EVP_aes_192_wrap(), secret, token.key, arena);
  if (how == "A256KW") return unwrapped(EVP_aes_256_wrap(), secret, token.key, arena);
  if (how == "A128GCMKW") return by_gcm(EVP_aes_128_gcm(), token, secret, arena);
  if (how == "A192GCMKW") return by_gcm(EVP_aes_192_gcm(), token, secret, arena);
  if (how == "A256GCMKW") return by_gcm(EVP_aes_256_gcm(), token, secret, arena);
  return std::nullopt;
}
Bytes key_by_rsa(const Token& token, EVP_PKEY* key, Arena& arena) {
  const bool plain = token.algorithm == "RSA1_5";
  const EVP_MD* const digest = token.algorithm == "RSA-OAEP" ? EVP_sha1() : token.algorithm == "RSA-OAEP-256" ? EVP_sha256() : nullptr;
  if ((!plain && !digest) || !key || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) return std::nullopt;
  const KeyContext context(EVP_PKEY_CTX_new(key, nullptr));
  if (!context || EVP_PKEY_decrypt_init(context.get()) != 1) return std::nullopt;
  if (EVP_PKEY_CTX_set_rsa_padding(context.get(), plain ? RSA_PKCS1_PADDING : RSA_PKCS1_OAEP_PADDING) != 1) return std::nullopt;
  if (digest && (EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), digest) != 1 || EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), digest) != 1)) return std::nullopt;
  std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(key));
  char* const out = arena.allocate(size);
  if (EVP_PKEY_decrypt(context.get(), bytes(out), &size, bytes(token.key), token.key.size()) != 1) return std::nullopt;
  return string_view(out, size);
}

std::optional<Binary> opened(const Token& token, const Bytes& key, Arena& arena) {
  const Bytes content = key ? open_content(token, *key, arena) : std::nullopt;
  if (!content) return std::nullopt;
  return Binary{*content};
}

std::optional<Binary> jwt_decrypt_secret(string_view in, const Scope& scope, const TextArg& argument) {
  const auto token = token_of(in, *scope.arena);
  const auto text = argument.get(scope);
  const auto secret = text ? decode_base64(*text, *scope.arena) : std::nullopt;
  if (!token || !secret) return std::nullopt;
  return opened(*token, key_by_secret(*token, *secret, *scope.arena), *scope.arena);
}
std::optional<Binary> jwt_decrypt_cert(string_view in, Arena& arena, const PrivateKeyFile& file) {
  const auto token = token_of(in, arena);
  if (!token) return std::nullopt;
  return opened(*token, key_by_rsa(*token, file.key.get(), arena), arena);
}

// ---- keys in JSON (RFC 7517; RFC 7518, section 6): "oct" and "RSA"

Number number_in(string_view jwk, string_view path, Arena& arena) {
  const Bytes text = text_in(jwk, path, arena);
  const Bytes value = text ? decode_base64_url(*text, arena) : std::nullopt;
  return Number(value ? BN_bin2bn(bytes(*value), static_cast<int>(value->size()), nullptr) : nullptr);
}
Key rsa_key(string_view jwk, Arena& arena) {
  constexpr std::pair<const char*, string_view> names[] = {
      {OSSL_PKEY_PARAM_RSA_N, "$.n"}, {OSSL_PKEY_PARAM_RSA_E, "$.e"}, {OSSL_PKEY_PARAM_RSA_D, "$.d"},
      {OSSL_PKEY_PARAM_RSA_FACTOR1, "$.p"}, {OSSL_PKEY_PARAM_RSA_FACTOR2, "$.q"}, {OSSL_PKEY_PARAM_RSA_EXPONENT1, "$.dp"},
      {OSSL_PKEY_PARAM_RSA_EXPONENT2, "$.dq"}, {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, "$.qi"}};
  const std::unique_ptr<OSSL_PARAM_BLD, Release<OSSL_PARAM_BLD_free>> builder(OSSL_PARAM_BLD_new());
  if (!builder) return nullptr;
  std::vector<Number> numbers;  // the builder refers to them
  for (const auto& [name, path] : names) {
    Number number = number_in(jwk, path, arena);
    if (!number && numbers.size() < 3) return nullptr;  // modulus and exponents are needed
    if (!number) break;                                 // the others help, all together
    numbers.push_back(std::move(number));
  }
  const std::size_t count = numbers.size() == std::size(names) ? numbers.size() : 3;
  for (std::size_t i = 0; i < count; ++i)
    if (OSSL_PARAM_BLD_push_BN(builder.get(), names[i].first, numbers[i].get()) != 1) return nullptr;
  const std::unique_ptr<OSSL_PARAM, Release<OSSL_PARAM_free>> parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1) return nullptr;
  if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, parameters.get()) != 1) return nullptr;
  return Key(key);
}
std::optional<Binary> jwt_decrypt_jwk(string_view in, const Scope& scope, const TextArg& argument) {
  Arena& arena = *scope.arena;
  const auto token = token_of(in, arena);
  const auto jwk = argument.get(scope);
  const Bytes kind = jwk ? text_in(*jwk, "$.kty", arena) : std::nullopt;
  if (!token || !kind) return std::nullopt;
  if (*kind == "RSA") return opened(*token, key_by_rsa(*token, rsa_key(*jwk, arena).get(), arena), arena);
  const Bytes text = *kind == "oct" ? text_in(*jwk, "$.k", arena) : std::nullopt;
  const Bytes secret = text ? decode_base64_url(*text, arena) : std::nullopt;
  if (!secret) return std::nullopt;
  return opened(*token, key_by_secret(*token, *secret, arena), arena);
}

}  // namespace
}  // namespace sluice::expr

template <>
struct sluice::catalog::Argument<sluice::expr::PrivateKeyFile> {
  static constexpr std::string_view name = "string";
  static std::expected<sluice::expr::PrivateKeyFile, std::string> read(std::string_view text, sluice::expr::Compiler& compiler) {
    BIO* const file = BIO_new_file(compiler.path(text).c_str(), "r");
    sluice::expr::Key key(file ? PEM_read_bio_PrivateKey(file, nullptr, nullptr, nullptr) : nullptr);
    BIO_free(file);
    if (!key) return std::unexpected(fmt::format("there is no private key to be read in '{}'", text));
    return sluice::expr::PrivateKeyFile{std::move(key)};
  }
};

namespace sluice::expr {
namespace {

const catalog::Add a{Converter{.name = "jwt_decrypt_secret", .args = {"secret"}, .run = typed<jwt_decrypt_secret>,
    .doc = "The content of an encrypted token whose key is this secret (base64) or wrapped by it.",
    .examples = {{"str(eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..u1K6KWthgFopQVlC.8ZHUHqU.bIyuW5AcpMuNn0EvfbwoUA),jwt_decrypt_secret(MDEyMzQ1Njc4OWFiY2RlZg==)", "hello"},
                 {"str(eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..u1K6KWthgFopQVlC.8ZHUHqU.bIyuW5AcpMuNn0EvfbwoUA),jwt_decrypt_secret(MDEyMzQ1Njc4OWFiY2RlZw==)", undefined}}}};
const catalog::Add b{Converter{.name = "jwt_decrypt_jwk", .args = {"jwk"}, .run = typed<jwt_decrypt_jwk>,
    .doc = "The content of an encrypted token by a key in JSON (RFC 7517), of kind oct or RSA.",
    // RFC 7516, appendix A.3.
    .examples = {{"str(eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0.6KB707dM9YTIgHtLvtgWQ8mKwboJW3of9locizkDTHzBC2IlrT1oOQ.AxY8DCtDaGlsbGljb3RoZQ.KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY.U0m_YmjN04DJvceFICbCVQ),"
                  "jwt_decrypt_jwk('{\"kty\":\"oct\",\"k\":\"GawgguFyGrWKav7AX4VKUg\"}')", "Live long and prosper."}}}};
const catalog::Add c{Converter{.name = "jwt_decrypt_cert", .args = {"cert"}, .run = typed<jwt_decrypt_cert>,
    .doc = "The content of an encrypted token by the RSA key in a file.",
    .examples = {{"str(a.b.c.d.e),jwt_decrypt_cert(tests/unit/expr/jwe_key.pem)", undefined}}}};

}  // namespace
}  // namespace sluice::expr
