// Encrypted tokens (RFC 7516) that another implementation made, one for each algorithm there is.
#include <gtest/gtest.h>

#include "unit/expr/world.hpp"

namespace sluice::expr {
namespace {

// Made for this test alone; it protects nothing.
constexpr std::string_view jwk =
    R"({"kty":"RSA","n":"wU3_wRDj4Eur6PJrUUjNDNmjztOSBIeQYbxfQGNGiKa3t9jhXdkPTKdTr3VDzsSgCAz5TQqvhbcwcgWsgVrLylKxVZlH)"
    R"(dlAsEVZmrf7Vy6ixF1vfukZZoxeItiyT-yytA_oMh1_kVp3Qt3VCkMRmRvZErar_1VX7IRw4zSI6VZtakfkvfJmHwaA2ZKBehtrc9aOErHeQV8)"
    R"(-suetHMuyLsBINdPuoKfIUXQhO2yO6qlqbNuIDkOFsu2tNjbFH6tGbnYOJGBnDrQezGNSx9Warj3pDFEz1pL5DpUT1QXjZctvuO5tMRvq4XYuh)"
    R"(tFi4dJro0wrA5R62BiHb4KyevjMJ5Q","e":"AQAB","d":"LespZeNtPkq7e4qak6SHkRXiI69-cDUDxzPILLNofe2clr-eSXzWdY8KAhQJF4)"
    R"(T9vuvWDMcNCuaJS4ytfczjvBwIpBzVLPW-gh_UJGD0yHw6FSJt8wHjKSrd_uh3_qKONvOfJklRJII4olvohBsjcJfvmJGWVEcocKUTmScYVF04)"
    R"(93qyp_cThwmnX9V3l1BK6CJ5FxLr_hFeJpV7NG0BzsHekerbsfgUqvEpqMVGbt99eSNnyrlp-oQbqzpC6BbfKQ-0_UrKV2ACSszAzcyXZT-KTD)"
    R"(Z2z3otWvcTBVJCgJ0LadDc0LwCAbgDBkxOECurdYwfap6hNv1KUOMjIoaqAQ","p":"84ugfVPYOmEoS8_y_MpKGE30h4s24F7dd1HF1WcDNKE)"
    R"(UmkFsB64aMOnfNcLh8rXAic9d0iyI45_KfFqrQ-wR5uUdBigI_JCEC4hsO2ixYzBzFoBx6JJafQEyINAbheUjMwSDpKHcCPxdHM9GHuDlmqMxW)"
    R"(na0xME-udISywHUYFk","q":"yzClWwcuTSUNpgSMXyiST29sI-mKTlg7rUBbnU8QtAD8La4DKzEPS1N-AUCHhEUDofg1gnVtga0n82nqKEPIy)"
    R"(5yHsdHP7cCFVlmyuwvUgbKUuz_pvDOGS2x8Xhr6zAIFXB82ENw6ALdQpQVyCO2HmONsqBisk4MBGvuzBNfVpG0","dp":"ZGgdO240yCTEIzVR)"
    R"(XUzc7VY-SR9o-WnC7m1lHY0BslHyl4H_Us9BdwcEgjqdQp4SCf7XFE5OBWIcbdZHo5IQ81tj8uTQh6fg-Iw-6uNHtrgDyrQbwiGMctrqWsLRhg)"
    R"(sozuC-kUI13_KDRNxjcVmQ74b2UvB7qF5vSNbF7rILZ8k","dq":"L4qURfYqKTawONX7mhA-G4Pwg36TM72FSQYz6VykhdltJ6r9Zs-1ymQgq)"
    R"(V5V1ubm8LDIpFuhYaQIIvX3KbCifLGFNl_nDLPs_sVCAm3ELQyBrEZKBBTyKRebCdG6OJ2Ib4OF_O_qSlyZ6-KYSep5vZYIyFPtnR4b1hpqSon)"
    R"(NnQk","qi":"hJcqvbj9x6_sLaE2FWk_m0i_rWPVvXLQTqXZWs1kqewTaweIOhovZkwj556sQ1ELNW1Pq53ObTjOnYeEf2JpVjz0eILxnTOQgy)"
    R"(VaxLX0gGNAc6qVYfdxeajY7WmzSNR4FB4L7rmSIkZ53ZN0OokqHogIgs575ppqSvvN6uIvFxo"})";
constexpr std::string_view short_jwk =
    R"({"kty":"RSA","n":"wU3_wRDj4Eur6PJrUUjNDNmjztOSBIeQYbxfQGNGiKa3t9jhXdkPTKdTr3VDzsSgCAz5TQqvhbcwcgWsgVrLylKxVZlH)"
    R"(dlAsEVZmrf7Vy6ixF1vfukZZoxeItiyT-yytA_oMh1_kVp3Qt3VCkMRmRvZErar_1VX7IRw4zSI6VZtakfkvfJmHwaA2ZKBehtrc9aOErHeQV8)"
    R"(-suetHMuyLsBINdPuoKfIUXQhO2yO6qlqbNuIDkOFsu2tNjbFH6tGbnYOJGBnDrQezGNSx9Warj3pDFEz1pL5DpUT1QXjZctvuO5tMRvq4XYuh)"
    R"(tFi4dJro0wrA5R62BiHb4KyevjMJ5Q","e":"AQAB","d":"LespZeNtPkq7e4qak6SHkRXiI69-cDUDxzPILLNofe2clr-eSXzWdY8KAhQJF4)"
    R"(T9vuvWDMcNCuaJS4ytfczjvBwIpBzVLPW-gh_UJGD0yHw6FSJt8wHjKSrd_uh3_qKONvOfJklRJII4olvohBsjcJfvmJGWVEcocKUTmScYVF04)"
    R"(93qyp_cThwmnX9V3l1BK6CJ5FxLr_hFeJpV7NG0BzsHekerbsfgUqvEpqMVGbt99eSNnyrlp-oQbqzpC6BbfKQ-0_UrKV2ACSszAzcyXZT-KTD)"
    R"(Z2z3otWvcTBVJCgJ0LadDc0LwCAbgDBkxOECurdYwfap6hNv1KUOMjIoaqAQ"})";

struct Made {
  std::string_view secret;  // base64; empty: the RSA key
  std::string_view token;
};
constexpr Made tokens[] = {
    {"MDEyMzQ1Njc4OWFiY2RlZg==",
    R"(eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4R0NNIn0.UtDQvwZZS-Innk4H5o6RnKJLSNyjuzVe.t6FyMRATJG4igcKJ.pAi5fhdutBw1AQ.Y)"
    R"(WRCwRM0n3O7_E94KDHnfA)"},
    {"MDEyMzQ1Njc4OWFiY2RlZg==",
    R"(eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTkyR0NNIn0.w2gd6VQSXdyIf3DjfajREh04oaPD7NHEKoof722J8nU.YEEXc6c7Mbd5yBP1.KfHiS)"
    R"(SsaoImt0w.p0qZzRudywhH57HVUsfnjQ)"},
    {"MDEyMzQ1Njc4OWFiY2RlZg==",
    R"(eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMjU2R0NNIn0.aqRYrMgYE27VG61QKSld_lIyaoihIUnOZ6mK6yxpfPL_Reh6JWnqbg.VF0ZM_gGQWH)"
    R"(7M7XQ.cRCg0UEYgN_Ibg.lz4iR0WbuY9DpJQR5zWcBw)"},
    {"MDEyMzQ1Njc4OWFiY2RlZg==",
    R"(eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0.Be_5ZLyM00-KoKOOEreHn7slUF3F_vgClO7-tESMlvMVO5VdD3B8Ww.qK0)"
    R"(86SQggmyOol6V_kl_2g.h3sH71jUBTsQeKBLOj4OZA.4atH3GS3gVCA7ICZd97KTw)"},
    {"MDEyMzQ1Njc4OWFiY2RlZg==",
    R"(eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTkyQ0JDLUhTMzg0In0.o1TKoYkS-CoRcwTSpbZgUeYG5PJPFlRcPNtxBwPK_tsRd7MVDXs3znvLNm)"
    R"(Um6hasQJKhygWVPBM.eq4CnDwH-BbdtMvlk8OYOw.UWI7QUK8RLChwtr-HWObUw.AJb-FN18G8DNYQflRGUpeZPm9y2xtGmf)"},
    {"MDEyMzQ1Njc4OWFiY2RlZg==",
    R"(eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIn0.V4_IeqsjVvX-OBDyOjAU5uUW1T1YiI68BOzUkBHXxCuLFjbd1LqbTQ_qzK)"
    R"(_dlBdFuG3LF-Kyuh3D0x5b8IuhRzBVZd_pOxLH.k-yoreuieMvIXt59e3AsBQ.-t2ZFEdjBWr8ux4N9EQYIw.-1E_RpoOgK92vt-2q9IOOBUU2)"
    R"(OfQgK2l9siE08lgiJw)"},
    {"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3",
    R"(eyJhbGciOiJBMTkyS1ciLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIn0.6DHZL6gz3e_fpYNqF9C9BAfH4Jc3EP3nJp0nWLLFaccr-zvyetoTFQoKtd)"
    R"(Tw4e6tHmb9jCuwmqFiBifL06dhoj-TbEFNjmZ2.G6zYuAtvCafK1GUDk__orw.PiIUfZWFXJvu_-RxDbKrpQ.Tt_QCF7N_4Y9k9p3xTjayT1Zq)"
    R"(klB5gmTqMMweO2NSOM)"},
    {"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    R"(eyJhbGciOiJBMjU2S1ciLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIn0.m9VXaY1ntFTFREhu9TWxuxGG5_8TFDCZ4tep1b5rdn9STetccDzFdcrkNn)"
    R"(PZTcERINQ5PaKsTR3HQ8TC4rMp830D0od79dlN.XgL_l79ggmK2Rn7TgiOLdw.LjSfOwAm2hmwtfunXJ0NeA.zmdaa1pTgCK7ms3Q_VYy6G441)"
    R"(ZxlKVvUrEPScfUKWZM)"},
    {"MDEyMzQ1Njc4OWFiY2RlZg==",
    R"(eyJhbGciOiJBMTI4R0NNS1ciLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIiwiaXYiOiJKdGFDMmZwNWY1NVhhQnNyIiwidGFnIjoiTFlHNXFtNFNlcz)"
    R"(BtV2djdThzY0ZwdyJ9.cF_fgn8OWn22ApRKeMSaPBoRzYkHyyI71YiLCDUU98PFJLu6EszvQl2EvnJTX8o0HEFb_GrHH--IJ_1aVJlCNQ.1Yqo)"
    R"(xZImqxMwn-xcQJ_paA.iDI-nitQERALReL7MgpHSw.SzojUewUhDHxShHogngtkaNFzve_J1Y_mpR5jXhdHNo)"},
    {"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3",
    R"(eyJhbGciOiJBMTkyR0NNS1ciLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIiwiaXYiOiJNUE05T2taMGFDZWlBTXMxIiwidGFnIjoibktuQmJLS1BsYn)"
    R"(EzUDZVYjVkLTdVUSJ9.9fmUcT1ni07rhn9-XeWNcIqcrdU_Arp_y7YGcdDLJsVgDurCW3tsr3U3S1dCkSEtIO-gMVCyUIZ7w14VkdS1cg.msZu)"
    R"(m-bFTUxMlgnDCB22WQ.E_Lr3K5mDWvDbQPzhHI0Pw.HgsOSzTTd2wAFvs64jhAzFJWjN2MTgUM4NrL1XO2znM)"},
    {"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    R"(eyJhbGciOiJBMjU2R0NNS1ciLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIiwiaXYiOiJERXNtcmNfdDUxTUNtM3hwIiwidGFnIjoiTFQ2ZTJOWENDST)"
    R"(N5Q3ROSlhieDlsQSJ9.cluwZGMkCpVuzC4_PfZDnuy6A4V5cli6WqAwMuP9-nS80-u8hqrYpZmmL-PCQqk2jY_bBYzCH0qHB5mhm_5jlg.-Avz)"
    R"(7VQFdDre_HrO6wymHw.R0Jdp3f2CE96gjiwqJB8-A.TNC_vz0OjWBjeSWQzlsZr3Xtx0M3UAadv1BTd_RkdkI)"},
    {"MDEyMzQ1Njc4OWFiY2RlZg==",
    R"(eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..SO0Rk9NlE9uqf4Xd.3WFgiZyTnI1RVw.adZN0dxkHOFkEJpz746DEQ)"},
    {"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3",
    R"(eyJhbGciOiJkaXIiLCJlbmMiOiJBMTkyR0NNIn0..SJX4b7_YAhMMiViX.V_COTro34t4iyg.Xba7l0BGKMH3XR5XvMO42g)"},
    {"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    R"(eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..QLeRycCWxnEuOGcS.2LsCBu2fdrk4-w.9PRKNtanC3wSfHuoWNV64Q)"},
    {"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    R"(eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0.._BYDmH0oGnT68N-wRPhaxg.L2mdLkxPecjVC178DdfxnQ.nq2S9XXyyljC5sa)"
    R"(_gov4zg)"},
    {"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVm",
    R"(eyJhbGciOiJkaXIiLCJlbmMiOiJBMTkyQ0JDLUhTMzg0In0..dlcNSfjNBMjCa8ttBwQprQ.hwXp2zdWaontixsweZ3dqg.jRKwi2UVd1rcSUO)"
    R"(EpwtQ3ONA9Ob1qFiX)"},
    {"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZg==",
    R"(eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIn0..G5TRjkS7jpL9buP8QSHNcA.ugF1VuD0cKZutMYCSrHG0Q.AgM-4rqaTbQJQZG)"
    R"(aDTEwMXFZYH0jbg9w0dt5PG21Q5g)"},
    {"",
    R"(eyJhbGciOiJSU0ExXzUiLCJlbmMiOiJBMjU2R0NNIn0.ODRPnYCCaCc7sl2halH7arWce5d3zUjnxEV5kwFI3yv1BOF_aKgUTEEYRkXQT4k5pF)"
    R"(Gm9ARGO3W0VSMr-O6FZ_cBRp6z1ERGBi6uF3By_pGNDPCKey5NADmPDAaGDTpXmHmVJGZxAWsov_RS027-m59iL4wGApY5gJ5dYOCQGtRAogNk)"
    R"(Jb7vUA0uEsLs6Y29xYas12kAQ0rwjaUz3ey7QkCu5CczxTGLto3H8bkE01qDxYK5HRmz2h7CMIM14f5vy6Y6p9lJrRNG_NIRJ4IqjL5bNEPHe4)"
    R"(D6LJaekmcDUQwofjZH-ydiVU3E1PdTVEef6gOa-bPdVvMudjVvpqtbgQ.ERnW4yqv44AwE_kK._L8F_bnfpJnZxQ.xEDHRH7ZxNxaAqdiRvJof)"
    R"(g)"},
    {"",
    R"(eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.Nx8VFeb4HYU1GGcc15zmfvOskDiLfC2p3iiS_nz3W42GmebtBzsviRB2NeMf5Dj)"
    R"(3PuCnxWRy-_EGeLhGwSitI_M6n-JcFQWbX4U4oFmjmwMRBrGY-Lzq7n39vPXmeg5pu9lEK_lMXLUUZ-2DxjKMKCQtr4y_WVWVcIkLlKcV0OUCf)"
    R"(J-rKJ9FEivvVcBTaI-3r4z9O27stJv3EnvBGQesawdyQQWfpIH0x7IPac6Gv337tF1263p4i4DghGIe2qTXnimOmqCChzBXoQ7DMpqjr_ENC__)"
    R"(R26RMKZHQsWAT9sRmT94AmkDuKfwgvTdT8akshV18NGjvDOKCW1-7cuyGtA.GMV4CcF17ci2zfOU._4LlS-oze0OYkw.4d86NqOJGAtdbtZHGG)"
    R"(HGkw)"},
    {"",
    R"(eyJhbGciOiJSU0EtT0FFUC0yNTYiLCJlbmMiOiJBMjU2R0NNIn0.Pu7VXGwunOeVcy7DDlQ626Pcu5LnE_JXVGVl05z0OVSuC-WNs47SffRv59)"
    R"(RJ1HfsTHMjvAj8LBeobM4XN73lOBvGKYPGuY6ILBSlc9n5uHhWtteiUu_Db92r3C2jLnzPI5PBSXcVWI6NdrYwKxbJrwPiMx_60Ff5gOidPqhh)"
    R"(cct6m03-KoJkQgf1JSwAqhV3S3oI7hrRYF35VI1wF2nrGOcfmMFUkbKiuCj_FzfvnwkQnUJffr_EIqJLqe6_awMu6ayVgl2ZFmRiV0F1YwPgL7)"
    R"(pbRy0nlyIiVBuwy9li-RB3GegPRLw1pmzAzb_xvJCwAunAWuaoH9XqdPEG4Pg0oA.xEUgzlRob5dNkaQz.ROHRahP5y1XKIw.duRuRaQWEzqlq)"
    R"(W9PrCdbDw)"},
};

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

// The expression that opens the token with its key.
std::string opening(const Made& made, std::string_view token) {
  const std::string text = "str(" + std::string(token) + ")";
  if (made.secret.empty()) return text + ",jwt_decrypt_jwk(" + quoted(jwk) + ")";
  return text + ",jwt_decrypt_secret(" + std::string(made.secret) + ")";
}

TEST(EncryptedTokens, areOpenedByTheirKeys) {
  World world;
  for (const Made& made : tokens) EXPECT_EQ(world.value(opening(made, made.token)), "plain text") << made.token;
}

TEST(EncryptedTokens, giveNothingOnceAnythingIsChanged) {
  World world;
  for (const Made& made : tokens) {
    // The first character of every part, and the whole of it.
    for (std::size_t at = 0; at < made.token.size(); ++at) {
      if (at != 0 && made.token[at - 1] != '.') continue;
      if (made.token[at] == '.') continue;
      std::string changed(made.token);
      changed[at] = changed[at] == 'A' ? 'B' : 'A';
      EXPECT_EQ(world.value(opening(made, changed)), "<none>") << changed;
    }
    EXPECT_EQ(world.value(opening(made, made.token.substr(0, made.token.rfind('.')))), "<none>");
    EXPECT_EQ(world.value(opening(made, std::string(made.token) + ".")), "<none>");
  }
}

TEST(EncryptedTokens, aKeyNeedsNoMoreThanItsExponents) {
  World world;
  const Made& made = tokens[std::size(tokens) - 1];
  EXPECT_EQ(world.value("str(" + std::string(made.token) + "),jwt_decrypt_jwk(" + quoted(short_jwk) + ")"), "plain text");
}

TEST(EncryptedTokens, openWithAKeyInAFile) {
  World world;
  const Made& made = tokens[std::size(tokens) - 1];
  EXPECT_EQ(world.value("str(" + std::string(made.token) + "),jwt_decrypt_cert(tests/unit/expr/jwe_key.pem)"), "plain text");
  EXPECT_NE(world.value("str(x),jwt_decrypt_cert(tests/unit/expr/no_such.pem)").find("there is no private key"), std::string::npos);
}

TEST(EncryptedTokens, wrongKeysOpenNothing) {
  World world;
  for (const Made& made : tokens)
    EXPECT_EQ(world.value("str(" + std::string(made.token) + "),jwt_decrypt_secret(AAAAAAAAAAAAAAAAAAAAAA==)"), "<none>");
  EXPECT_EQ(world.value("str(a.b.c.d.e),jwt_decrypt_jwk('{}')"), "<none>");
  EXPECT_EQ(world.value("str(" + std::string(tokens[0].token) + "),jwt_decrypt_jwk('{\"kty\":\"EC\"}')"), "<none>");
}

}  // namespace
}  // namespace sluice::expr
