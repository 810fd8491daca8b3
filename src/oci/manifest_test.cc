// SPDX-License-Identifier: Apache-2.0
#include "oci/manifest.h"

#include "core/error.h"
#include "core/reasons.h"
#include "oci/reasons.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::oci {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string kDigest = "sha256:" + std::string(64, 'a');

std::string descriptor(std::string_view type, std::string_view rest = R"("size":5)") {
  return fmt::format(R"({{"mediaType":"{}","digest":"{}",{}}})", type, kDigest, rest);
}

std::string manifest(const std::string& layers, const std::string& more = "") {
  return R"({"schemaVersion":2,"config":)" + descriptor(media_type::kConfig) + R"(,"layers":[)" + layers + "]" + more +
         "}";
}

std::string index(const std::string& entries, const std::string& more = "") {
  return R"({"schemaVersion":2,"manifests":[)" + entries + "]" + more + "}";
}

struct Refusal {
  std::string_view code = "";
  std::string message = "nothing was refused";
};

Refusal refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return {error.reason().code, error.message()};
  }
  return {};
}

TEST(Manifest, ReadsDockersNamesAsTheirTwins) {
  const std::string text =
      fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","config":{},"layers":[{}]}})", media_type::kDockerManifest,
                  descriptor(media_type::kDockerConfig), descriptor(media_type::kDockerLayerGzip));
  const Manifest read = Manifest::parse(text, "m");
  EXPECT_EQ(read.config.media_type, media_type::kConfig);
  EXPECT_EQ(read.layers.at(0).media_type, media_type::kLayerGzip);
  EXPECT_EQ(Manifest::parse(read.to_text(), "m").to_text(), read.to_text());
}

TEST(Manifest, RefusesEachFaultWithItsPath) {
  const std::string good = descriptor(media_type::kLayerTar);
  const std::pair<std::string, std::string> cases[] = {
      {"[]", "expected an object"},
      {"{}", "\"schemaVersion\" is missing"},
      {R"({"schemaVersion":3})", "schemaVersion: expected 2"},
      {manifest(good, R"(,"mediaType":"application/vnd.oci.image.index.v1+json")"), "mediaType: expected"},
      {manifest(good, R"(,"manifests":[])"), "must not have \"manifests\""},
      {manifest(good, R"(,"fsLayers":[])"), "must not have \"fsLayers\""},
      {R"({"schemaVersion":2,"layers":[]})", "\"config\" is missing"},
      {R"({"schemaVersion":2,"config":)" + descriptor(media_type::kConfig) + "}", "\"layers\" is missing"},
      {manifest(descriptor(media_type::kLayerTar, R"("size":-1)")), "layers[0].size"},
      {manifest(descriptor(media_type::kLayerTar, R"("size":9223372036854775808)")), "layers[0].size"},
      {manifest(descriptor(media_type::kLayerTar, R"("size":99999999999999999999999)")), "layers[0].size"},
      {manifest(descriptor(media_type::kLayerTar, R"("size":1.5)")), "layers[0].size"},
      {manifest(descriptor(media_type::kLayerTar, R"("size":"5")")), "layers[0].size"},
      {manifest(descriptor(media_type::kLayerTar, R"("siz":5)")), "layers[0]: \"size\" is missing"},
      {manifest(good + ",7"), "layers[1]: expected an object"},
      {manifest(good + R"(,{"mediaType":"x/y","digest":"sha256:../../etc/passwd","size":1})"), "layers[1].digest"},
      {manifest(descriptor("nonsense")), "layers[0].mediaType: expected a media type"},
      {manifest(descriptor(media_type::kLayerTar, R"("size":5,"annotations":{"a":1})")), "layers[0].annotations.a"},
      {manifest(descriptor(media_type::kLayerTar, R"("size":5,"platform":{"os":"linux"})")), "architecture"},
  };
  for (const auto& [text, problem] : cases) {
    EXPECT_THAT(refusal([&text = text] { Manifest::parse(text, "the manifest"); }).message,
                AllOf(HasSubstr("the manifest"), HasSubstr(problem)))
        << text;
  }
}

TEST(Manifest, RefusesJsonThatReadersDisagreeAbout) {
  const Refusal twice = refusal([] { Manifest::parse(R"({"schemaVersion":2,"schemaVersion":2})", "m"); });
  EXPECT_EQ(twice.code, cairn::reason::kBadJson.code);
  EXPECT_THAT(twice.message, HasSubstr("twice"));
  std::string deep;
  for (int i = 0; i < 10'000; ++i) deep += R"({"a":)";
  EXPECT_EQ(refusal([&] { Manifest::parse(deep, "m"); }).code, cairn::reason::kBadJson.code);
}

TEST(Manifest, RefusesKindsThatAreNoImageToRun) {
  const std::string_view code = reason::kUnsupportedImage.code;
  const auto parse = [](const std::string& text) { return refusal([&] { Manifest::parse(text, "m"); }); };
  for (const std::string type : {"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
                                 "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"}) {
    EXPECT_EQ(parse(manifest(descriptor(type))).code, code);
    EXPECT_THAT(parse(manifest(descriptor(type))).message, HasSubstr("may not be distributed"));
  }
  EXPECT_THAT(parse(manifest(descriptor("application/x-new"))).message, HasSubstr("layers[0].mediaType"));
  EXPECT_THAT(parse(R"({"schemaVersion":1,"fsLayers":[]})").message, HasSubstr("schema 1"));
  EXPECT_THAT(
      parse(R"({"schemaVersion":2,"config":)" + descriptor("application/vnd.oci.empty.v1+json") + R"(,"layers":[]})")
          .message,
      HasSubstr("artifact"));
}

TEST(Manifest, IsBounded) {
  std::string layers = descriptor(media_type::kLayerTar);
  for (int i = 0; i < 1000; ++i) layers += "," + descriptor(media_type::kLayerTar);
  EXPECT_THAT(refusal([&] { Manifest::parse(manifest(layers), "m"); }).message, HasSubstr("more than 1000 layers"));
  EXPECT_EQ(refusal([] { Manifest::parse(std::string(kMaxDocument + 1, ' '), "m"); }).code,
            cairn::reason::kTooLarge.code);
  std::string annotations;
  for (int i = 0; i < 1001; ++i) annotations += fmt::format(R"({}"k{}":"v")", i == 0 ? "" : ",", i);
  EXPECT_THAT(refusal([&] { Manifest::parse(manifest("", R"(,"annotations":{)" + annotations + "}"), "m"); }).message,
              HasSubstr("more than 1000 annotations"));
}

TEST(DocumentType, IsTheDocumentsOwnAndMustNotContradictWhatWasTold) {
  const std::string named = manifest("", R"(,"mediaType":"application/vnd.docker.distribution.manifest.v2+json")");
  EXPECT_EQ(find_document_type(named, "", "d"), media_type::kManifest);
  EXPECT_EQ(find_document_type(named, media_type::kManifest, "d"), media_type::kManifest);
  EXPECT_EQ(find_document_type(named, "application/octet-stream", "d"), media_type::kManifest);
  EXPECT_THAT(refusal([&] { find_document_type(named, media_type::kIndex, "d"); }).message, HasSubstr("announced as"));
  EXPECT_EQ(find_document_type(manifest(""), "", "d"), media_type::kManifest);
  EXPECT_EQ(find_document_type(index(""), "text/plain", "d"), media_type::kIndex);
  EXPECT_EQ(find_document_type(index(""), media_type::kDockerIndex, "d"), media_type::kIndex);
  EXPECT_EQ(refusal([&] { find_document_type(index("", R"(,"layers":[])"), "", "d"); }).code,
            reason::kBadManifest.code);
  EXPECT_THAT(refusal([] { find_document_type(R"({"schemaVersion":1})", "", "d"); }).message, HasSubstr("schema 1"));
  EXPECT_EQ(refusal([] { find_document_type(R"({"mediaType":"text/html"})", "", "d"); }).code,
            reason::kUnsupportedImage.code);
}

TEST(Index, RefusesWhatCouldBeReadAsAManifest) {
  for (const std::string more : {R"(,"layers":[])", R"(,"config":{})"}) {
    EXPECT_EQ(refusal([&] { Index::parse(index("", more), "i"); }).code, reason::kBadManifest.code);
  }
  EXPECT_THAT(refusal([&] { Index::parse(index(descriptor(media_type::kManifest) + ",{}"), "i"); }).message,
              HasSubstr("manifests[1]"));
}

std::string entry(std::string_view type, std::string_view platform) {
  return descriptor(type, fmt::format(R"("size":5,"platform":{})", platform));
}

TEST(Index, ChoosesTheFirstEntryForThePlatform) {
  const Index read =
      Index::parse(index(entry("application/x-signature", R"({"os":"linux","architecture":"arm64"})") + "," +
                         entry(media_type::kManifest, R"({"os":"linux","architecture":"amd64"})") + "," +
                         entry(media_type::kManifest, R"({"os":"unknown","architecture":"unknown"})") + "," +
                         entry(media_type::kDockerManifest, R"({"os":"linux","architecture":"arm64","variant":"v8"})")),
                   "i");
  EXPECT_EQ(&read.choose(Platform::parse("linux/arm64"), "i"), &read.manifests[3]);
  EXPECT_EQ(&read.choose(Platform::parse("linux/x86_64"), "i"), &read.manifests[1]);
  const Refusal none = refusal([&] { read.choose(Platform::parse("linux/riscv64"), "i"); });
  EXPECT_EQ(none.code, reason::kNoPlatform.code);
  EXPECT_THAT(none.message, HasSubstr("linux/amd64, linux/arm64/v8"));
  EXPECT_EQ(Index::parse(read.to_text(), "i").to_text(), read.to_text());
}

TEST(Index, TakesTheOnlyEntryThatNamesNoPlatform) {
  const Platform any;
  const Index one = Index::parse(index(descriptor(media_type::kManifest)), "i");
  EXPECT_EQ(&one.choose(any, "i"), &one.manifests[0]);
  const Index two = Index::parse(index(descriptor(media_type::kManifest) + "," + descriptor(media_type::kIndex)), "i");
  EXPECT_EQ(refusal([&] { two.choose(any, "i"); }).code, reason::kNoPlatform.code);
}

TEST(Platform, AcceptsVariants) {
  EXPECT_TRUE(Platform::parse("linux/arm64").accepts(Platform::parse("linux/arm64/v8")));
  EXPECT_TRUE(Platform::parse("linux/arm64/v8").accepts(Platform::parse("linux/aarch64")));
  EXPECT_TRUE(Platform::parse("linux/arm").accepts(Platform::parse("linux/arm/v7")));
  EXPECT_FALSE(Platform::parse("linux/arm/v6").accepts(Platform::parse("linux/arm/v7")));
  EXPECT_FALSE(Platform::parse("linux/amd64").accepts(Platform::parse("windows/amd64")));
  for (const std::string text : {"", "linux", "linux/", "/amd64", "linux/a/b/c", "linux/a b"}) {
    EXPECT_EQ(refusal([&] { Platform::parse(text); }).code, reason::kBadReference.code) << text;
  }
}

TEST(ImageConfig, ReadsWhatIsUsed) {
  const ImageConfig config = ImageConfig::parse(
      R"({"os":"linux","architecture":"amd64","created":"2026-01-01T00:00:00Z","rootfs":{"type":"layers","diff_ids":[")" +
          kDigest + R"("]},"config":{"Labels":{"a":"b"},"Env":["PATH=/bin"],"Cmd":null,"Entrypoint":["/init"]}})",
      "c");
  EXPECT_EQ(config.platform.to_text(), "linux/amd64");
  EXPECT_EQ(config.diff_ids.at(0).text(), kDigest);
  EXPECT_EQ(config.labels.at("a"), "b");
  EXPECT_EQ(config.entrypoint.at(0), "/init");
  EXPECT_TRUE(config.command.empty());
}

TEST(ImageConfig, RefusesFaultsWithTheirPath) {
  const std::pair<std::string, std::string> cases[] = {
      {R"({"architecture":"amd64"})", "\"os\" is missing"},
      {R"({"os":"linux","architecture":"a/b"})", "architecture: expected one short word"},
      {R"({"os":"linux","architecture":"amd64","rootfs":{"type":"windows","diff_ids":[]}})", "rootfs.type"},
      {R"({"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":["sha256:x"]}})",
       "rootfs.diff_ids[0]"},
      {R"({"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]},"config":{"Env":[1]}})",
       "config.Env[0]"},
  };
  for (const auto& [text, problem] : cases) {
    const Refusal found = refusal([&text = text] { ImageConfig::parse(text, "c"); });
    EXPECT_EQ(found.code, reason::kBadConfig.code);
    EXPECT_THAT(found.message, HasSubstr(problem));
  }
}

}  // namespace
}  // namespace cairn::oci
