// aes_gcm_enc aes_gcm_dec aes_cbc_enc aes_cbc_dec hmac (manual 7.3.1), by the system's cryptographic library. Nonce, key,
// tag and additional data are base64 texts, or variables that hold such.
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "expr/arguments.hpp"
#include "expr/base64.hpp"
#include "expr/entries.hpp"

namespace sluice::expr {
namespace {
using catalog::typed;
using catalog::undefined;

struct KeyBits {
  Int value = 128;
};
// A base64 text, or a variable holding one.
struct Base64Arg : TextArg {};
struct DigestArg {
  const EVP_MD* algorithm = nullptr;
};
struct ContextFree {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, ContextFree>;

constexpr int tag_size = 16;

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data() ? text.data() : ""); }
unsigned char* bytes(char* text) { return reinterpret_cast<unsigned char*>(text); }

// What an argument stands for: the decoded text.
std::optional<std::string_view> decoded(const TextArg& argument, const Scope& scope) {
  const auto text = argument.get(scope);
  return text ? decode_base64(*text, *scope.arena) : std::nullopt;
}

const EVP_CIPHER* gcm(Int bits) { return bits == 128 ? EVP_aes_128_gcm() : bits == 192 ? EVP_aes_192_gcm() : EVP_aes_256_gcm(); }
const EVP_CIPHER* cbc(Int bits) { return bits == 128 ? EVP_aes_128_cbc() : bits == 192 ? EVP_aes_192_cbc() : EVP_aes_256_cbc(); }

enum class Way : int { decrypt = 0, encrypt = 1 };

// A context with key and nonce of the right sizes, or none.
Context begin(const EVP_CIPHER* cipher, Way way, const TextArg& nonce, const TextArg& key, const Scope& scope) {
  const auto nonce_bytes = decoded(nonce, scope);
  const auto key_bytes = decoded(key, scope);
  if (!nonce_bytes || !key_bytes || nonce_bytes->empty()) return nullptr;
  if (key_bytes->size() != static_cast<std::size_t>(EVP_CIPHER_get_key_length(cipher))) return nullptr;
  const bool authenticated = EVP_CIPHER_get_mode(cipher) == EVP_CIPH_GCM_MODE;
  if (!authenticated && nonce_bytes->size() != static_cast<std::size_t>(EVP_CIPHER_get_iv_length(cipher))) return nullptr;
  Context context(EVP_CIPHER_CTX_new());
  const int encrypts = static_cast<int>(way);
  if (!context || EVP_CipherInit_ex(context.get(), cipher, nullptr, nullptr, nullptr, encrypts) != 1) return nullptr;
  if (authenticated && EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_IVLEN, static_cast<int>(nonce_bytes->size()), nullptr) != 1)
    return nullptr;
  if (EVP_CipherInit_ex(context.get(), nullptr, nullptr, bytes(*key_bytes), bytes(*nonce_bytes), encrypts) != 1) return nullptr;
  return context;
}

// Additional data first, then the input; nothing if it is not what it was.
std::optional<std::string_view> run(EVP_CIPHER_CTX* context, std::string_view in, const std::optional<Base64Arg>& additional, const Scope& scope) {
  int size = 0;
  if (additional) {
    const auto data = decoded(*additional, scope);
    if (!data) return std::nullopt;
    if (!data->empty() && EVP_CipherUpdate(context, nullptr, &size, bytes(*data), static_cast<int>(data->size())) != 1) return std::nullopt;
  }
  char* const out = scope.arena->allocate(in.size() + 32);
  int written = 0;
  if (EVP_CipherUpdate(context, bytes(out), &written, bytes(in), static_cast<int>(in.size())) != 1) return std::nullopt;
  if (EVP_CipherFinal_ex(context, bytes(out + written), &size) != 1) return std::nullopt;
  return std::string_view(out, static_cast<std::size_t>(written + size));
}

std::optional<Binary> as_binary(std::optional<std::string_view> text) {
  if (!text) return std::nullopt;
  return Binary{*text};
}

std::optional<Binary> gcm_decrypted(Binary in, const Scope& scope, const KeyBits& bits, const Base64Arg& nonce, const Base64Arg& key,
                                    const Base64Arg& tag, std::optional<Base64Arg> additional) {
  const auto expected = decoded(tag, scope);
  if (!expected || expected->size() > tag_size) return std::nullopt;
  const Context context = begin(gcm(bits.value), Way::decrypt, nonce, key, scope);
  if (!context) return std::nullopt;
  if (EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(expected->size()), const_cast<char*>(expected->data())) != 1)
    return std::nullopt;
  return as_binary(run(context.get(), in.bytes, additional, scope));
}
std::optional<Binary> gcm_encrypted(Binary in, const Scope& scope, const KeyBits& bits, const Base64Arg& nonce, const Base64Arg& key,
                                    const VariableArg& tag, std::optional<Base64Arg> additional) {
  const Context context = begin(gcm(bits.value), Way::encrypt, nonce, key, scope);
  if (!context || !scope.variables) return std::nullopt;
  const auto out = run(context.get(), in.bytes, additional, scope);
  char made[tag_size];
  if (!out || EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, tag_size, made) != 1) return std::nullopt;
  scope.variables->set(tag.variable, Sample::text(encode_base64({made, tag_size}, *scope.arena)));
  return Binary{*out};
}
template <Way way>
std::optional<Binary> cbc_crypted(Binary in, const Scope& scope, const KeyBits& bits, const Base64Arg& nonce, const Base64Arg& key,
                                  std::optional<Base64Arg> additional) {
  const Context context = begin(cbc(bits.value), way, nonce, key, scope);
  if (!context || additional) return std::nullopt;  // there is nothing to authenticate
  return as_binary(run(context.get(), in.bytes, {}, scope));
}

std::optional<Binary> hmac(Binary in, const Scope& scope, const DigestArg& digest, const Base64Arg& key) {
  const auto secret = decoded(key, scope);
  if (!secret) return std::nullopt;
  char* const out = scope.arena->allocate(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  if (!HMAC(digest.algorithm, secret->data() ? secret->data() : "", static_cast<int>(secret->size()), bytes(in.bytes), in.size(), bytes(out), &size))
    return std::nullopt;
  return Binary{{out, size}};
}

}  // namespace
}  // namespace sluice::expr

template <>
struct sluice::catalog::Argument<sluice::expr::KeyBits> {
  static constexpr std::string_view name = "integer";
  static std::expected<sluice::expr::KeyBits, std::string> read(std::string_view text) {
    for (const sluice::catalog::Int bits : {128, 192, 256})
      if (text == fmt::format("{}", bits)) return sluice::expr::KeyBits{bits};
    return std::unexpected(fmt::format("'{}' is none of 128, 192, 256", text));
  }
};
template <>
struct sluice::catalog::Argument<sluice::expr::Base64Arg> {
  static constexpr std::string_view name = "string";
  static std::expected<sluice::expr::Base64Arg, std::string> read(std::string_view text, sluice::expr::Compiler& compiler) {
    auto argument = sluice::catalog::Argument<sluice::expr::TextArg>::read(text, compiler);
    if (!argument) return std::unexpected(std::move(argument.error()));
    sluice::Arena arena;
    if (!argument->variable && !sluice::expr::decode_base64(argument->constant, arena))
      return std::unexpected(fmt::format("'{}' is neither base64 nor a variable", text));
    return sluice::expr::Base64Arg{std::move(*argument)};
  }
};
template <>
struct sluice::catalog::Argument<sluice::expr::DigestArg> {
  static constexpr std::string_view name = "string";
  static std::expected<sluice::expr::DigestArg, std::string> read(std::string_view text) {
    const EVP_MD* const algorithm = EVP_get_digestbyname(std::string(text).c_str());
    if (!algorithm) return std::unexpected(fmt::format("'{}' is not a digest the cryptographic library knows", text));
    return sluice::expr::DigestArg{algorithm};
  }
};

namespace sluice::expr {
namespace {

const catalog::Add a{Converter{.name = "aes_gcm_dec", .args = {"bits", "nonce", "key", "aead_tag", "aad"}, .run = typed<gcm_decrypted>,
    .doc = "Decrypts AES-GCM; nothing if the tag does not fit. The arguments are in base64.",
    // Test case 3 of the GCM specification without its last bytes would be long; this one was made with the openssl tool.
    .examples = {{"str(secret),aes_gcm_enc(128,MTIzNDU2Nzg5MDEy,MDEyMzQ1Njc4OWFiY2RlZg==,txn.set),aes_gcm_dec(128,MTIzNDU2Nzg5MDEy,MDEyMzQ1Njc4OWFiY2RlZg==,txn.set)", "secret"},
                 {"str(secret),aes_gcm_dec(128,MTIzNDU2Nzg5MDEy,MDEyMzQ1Njc4OWFiY2RlZg==,AAAAAAAAAAAAAAAAAAAAAA==)", undefined}}}};
const catalog::Add b{Converter{.name = "aes_gcm_enc", .args = {"bits", "nonce", "key", "aead_tag", "aad"}, .run = typed<gcm_encrypted>,
    .doc = "Encrypts by AES-GCM; the tag is put into variable {aead_tag}, in base64.",
    // Test case 2 of the GCM specification (McGrew and Viega): key and nonce zero, one block of zeros.
    .examples = {{"bin(00000000000000000000000000000000),aes_gcm_enc(128,AAAAAAAAAAAAAAAA,AAAAAAAAAAAAAAAAAAAAAA==,txn.set),hex", "0388DACE60B6A392F328C2B971B2FE78"}}}};
const catalog::Add c{Converter{.name = "aes_cbc_dec", .args = {"bits", "nonce", "key", "aad"}, .run = typed<cbc_crypted<Way::decrypt>>,
    .doc = "Decrypts AES-CBC (PKCS#7 padding). The arguments are in base64.",
    .examples = {{"str(secret),aes_cbc_enc(256,AAAAAAAAAAAAAAAAAAAAAA==,MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=),aes_cbc_dec(256,AAAAAAAAAAAAAAAAAAAAAA==,MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=)", "secret"}}}};
const catalog::Add d{Converter{.name = "aes_cbc_enc", .args = {"bits", "nonce", "key", "aad"}, .run = typed<cbc_crypted<Way::encrypt>>,
    .doc = "Encrypts by AES-CBC (PKCS#7 padding). The arguments are in base64.",
    // NIST SP 800-38A F.2.1, first block.
    .examples = {{"bin(6bc1bee22e409f96e93d7e117393172a),aes_cbc_enc(128,AAECAwQFBgcICQoLDA0ODw==,K34VFiiu0qar9xWICc9PPA==),bytes(0,16),hex", "7649ABAC8119B246CEE98E9B12E9197D"},
                 {"str(x),aes_cbc_enc(128,AAAA,K34VFiiu0qar9xWICc9PPA==)", undefined}}}};
const catalog::Add e{Converter{.name = "hmac", .args = {"algorithm", "key"}, .run = typed<hmac>,
    .doc = "Keyed digest (RFC 2104) by an algorithm the cryptographic library knows; the key is in base64.",
    // RFC 4231, test case 2: key "Jefe".
    .examples = {{"str(what do ya want for nothing?),hmac(sha256,SmVmZQ==),hex", "5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843"}}}};

}  // namespace
}  // namespace sluice::expr
