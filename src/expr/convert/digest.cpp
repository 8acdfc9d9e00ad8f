// sha1 sha2 digest hmac secure_memcmp, by the system's cryptographic library.
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "expr/convert/number.hpp"

namespace sluice::expr {
namespace {
using catalog::Add;
using catalog::typed;
using catalog::undefined;
using std::string_view;

struct DigestName {
  const EVP_MD* algorithm = nullptr;
};
struct Sha2Bits {
  Int bits = 256;
};

std::optional<Binary> digest_of(string_view in, const EVP_MD* algorithm, Arena& arena) {
  char* const out = arena.allocate(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  if (EVP_Digest(in.data(), in.size(), reinterpret_cast<unsigned char*>(out), &size, algorithm, nullptr) != 1)
    return std::nullopt;
  return Binary{{out, size}};
}

std::optional<Binary> sha1(Binary in, Arena& arena) { return digest_of(in.bytes, EVP_sha1(), arena); }
std::optional<Binary> sha2(Binary in, std::optional<Sha2Bits> bits, Arena& arena) {
  switch (bits.value_or(Sha2Bits{}).bits) {
    case 224: return digest_of(in.bytes, EVP_sha224(), arena);
    case 384: return digest_of(in.bytes, EVP_sha384(), arena);
    case 512: return digest_of(in.bytes, EVP_sha512(), arena);
    default: return digest_of(in.bytes, EVP_sha256(), arena);
  }
}
std::optional<Binary> digest(Binary in, const DigestName& name, Arena& arena) {
  return digest_of(in.bytes, name.algorithm, arena);
}

bool equal_in_constant_time(string_view a, string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}
std::optional<bool> same_bytes(Binary in, const VariableName& variable, const Scope& scope, Arena& arena) {
  if (!scope.variables) return std::nullopt;
  const std::optional<string_view> other = text_of(scope.variables->get(variable.variable, arena), arena);
  if (!other) return std::nullopt;
  return equal_in_constant_time(in.bytes, *other);
}

}  // namespace
}  // namespace sluice::expr

template <>
struct sluice::catalog::Argument<sluice::expr::DigestName> {
  static constexpr std::string_view name = "string";
  static std::expected<sluice::expr::DigestName, std::string> read(std::string_view text) {
    const EVP_MD* const algorithm = EVP_get_digestbyname(std::string(text).c_str());
    if (!algorithm) return std::unexpected(fmt::format("'{}' is not a digest the cryptographic library knows", text));
    return sluice::expr::DigestName{algorithm};
  }
};
template <>
struct sluice::catalog::Argument<sluice::expr::Sha2Bits> {
  static constexpr std::string_view name = "integer";
  static std::expected<sluice::expr::Sha2Bits, std::string> read(std::string_view text) {
    for (const sluice::catalog::Int bits : {224, 256, 384, 512})
      if (text == fmt::format("{}", bits)) return sluice::expr::Sha2Bits{bits};
    return std::unexpected(fmt::format("'{}' is none of 224, 256, 384, 512", text));
  }
};

namespace sluice::expr {
namespace {

const Add sha1_entry{Converter{.name = "sha1", .run = typed<sha1>, .doc = "SHA-1 digest, 20 bytes.",
                               .examples = {{"str(abc),sha1,hex", "A9993E364706816ABA3E25717850C26C9CD0D89D"}}}};
const Add sha2_entry{Converter{.name = "sha2", .args = {"bits"}, .run = typed<sha2>, .doc = "SHA-2 digest of 224, 256, 384 or 512 bits.",
                               .examples = {{"str(abc),sha2,hex", "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"},
                                            {"str(abc),sha2(224),hex", "23097D223405D8228642A477BDA255B32AADBCE4BDA0B3F7E36C9DA7"}}}};
const Add digest_entry{Converter{.name = "digest", .args = {"algorithm"}, .run = typed<digest>,
                                 .doc = "Digest by an algorithm the cryptographic library knows.",
                                 .examples = {{"str(abc),digest(md5),hex", "900150983CD24FB0D6963F7D28E17F72"}}}};
const Add memcmp_entry{Converter{.name = "secure_memcmp", .args = {"variable"}, .run = typed<same_bytes>,
                                 .doc = "True if a variable holds the same bytes; takes the same time for all of that length.",
                                 .examples = {{"str(a),secure_memcmp(txn.never_set)", undefined}}}};

}  // namespace
}  // namespace sluice::expr
