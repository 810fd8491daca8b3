// SPDX-License-Identifier: Apache-2.0
#include "oci/image.h"

#include "archive/tar.h"
#include "core/reasons.h"
#include "oci/layer_source.h"
#include "oci/push.h"
#include "oci/reasons.h"
#include "support/sample_image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace cairn::oci {
namespace {

using cairn::testing::compress;
using cairn::testing::make_noise;
using cairn::testing::make_sample_image;
using cairn::testing::make_tar;
using cairn::testing::SampleImage;
using cairn::testing::TempTree;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Platform kAmd64{.os = "linux", .architecture = "amd64", .variant = ""};

struct Refusal {
  std::string_view code = "";
  std::string text = "nothing was refused";
};

Refusal refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return {error.reason().code, error.what()};
  }
  return {};
}

class Places : public ::testing::Test {
 protected:
  SourceOptions options() { return {.cache_directory = tree_.path("cache")}; }
  Image open(const std::string& spec, const Platform& platform = kAmd64) {
    return Image::open(SourceSpec::parse(spec), platform, options());
  }
  std::string place(const std::string& kind, const std::string& name, const std::string& rest = "") {
    return kind + ":" + tree_.path(name).string() + rest;
  }
  static std::string read_layer(const Image& image, std::size_t index) {
    return read_text(*image.open_layer(index), 64 << 20, "layer");
  }
  // The files of the layout folder as a tar archive.
  std::string layout_tar(const std::string& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(tree_.path(folder))) {
      if (!entry.is_regular_file()) continue;
      const std::string name = std::filesystem::relative(entry.path(), tree_.path(folder)).string();
      files[name] = tree_.read(folder + "/" + name);
    }
    return make_tar(files);
  }

  TempTree tree_;
};

using Layout = Places;

TEST_F(Layout, OpensByTagByDigestAndAlone) {
  const SampleImage sample = make_sample_image();
  sample.write_layout(tree_, "l", "v1");
  for (const std::string& rest : {std::string(), std::string(":v1"), "@" + sample.digest.text()}) {
    const Image image = open(place("oci", "l", rest));
    EXPECT_EQ(image.digest(), sample.digest);
    EXPECT_EQ(image.config().labels.at("name"), "sample");
    EXPECT_EQ(image.compressed_size(), sample.descriptors[0].size + sample.descriptors[1].size);
    EXPECT_EQ(read_layer(image, 0), sample.layers[0]);
    EXPECT_EQ(read_layer(image, 1), sample.layers[1]);
  }
}

TEST_F(Layout, ReadsAllCompressions) {
  for (const auto how : {archive::Compression::none, archive::Compression::gzip, archive::Compression::zstd}) {
    const SampleImage sample = make_sample_image({make_tar({{"a", make_noise(10'000)}})}, {.compression = how});
    TempTree tree;
    sample.write_layout(tree, "l");
    EXPECT_EQ(read_layer(open("oci:" + tree.path("l").string()), 0), sample.layers[0]);
  }
}

TEST_F(Layout, NamesWhatItHoldsWhenSomethingElseIsAskedFor) {
  make_sample_image().write_layout(tree_, "l", "v1");
  const auto found = refusal([&] { open(place("oci", "l", ":v2")); });
  EXPECT_EQ(found.code, reason::kNoSuchImage.code);
  EXPECT_THAT(found.text, HasSubstr("it holds: :v1"));
  EXPECT_EQ(refusal([&] { open(place("oci", "l", "@sha256:" + std::string(64, '1'))); }).code,
            reason::kNoSuchImage.code);
  EXPECT_EQ(refusal([&] { open(place("oci", "nothing")); }).code, cairn::reason::kNotFound.code);
}

TEST_F(Layout, DoesNotGuessBetweenImages) {
  make_sample_image().write_layout(tree_, "l", "v1");
  const SampleImage other = make_sample_image({make_tar({{"c", "three"}})});
  TempTree second;
  other.write_layout(second, "l", "v2");
  const Image image = Image::open(SourceSpec::parse("oci:" + second.path("l").string()), kAmd64, options());
  copy_image(image, SourceSpec::parse(place("oci", "l", ":v2")), options(), silent_progress());
  EXPECT_EQ(refusal([&] { open(place("oci", "l")); }).code, reason::kAmbiguous.code);
  EXPECT_EQ(open(place("oci", "l", ":v2")).digest(), other.digest);
  // A tag that is written again moves.
  copy_image(image, SourceSpec::parse(place("oci", "l", ":v1")), options(), silent_progress());
  EXPECT_EQ(open(place("oci", "l", ":v1")).digest(), other.digest);
}

TEST_F(Layout, GoesDownThroughIndexesToThePlatform) {
  const SampleImage amd = make_sample_image();
  const SampleImage arm = make_sample_image({make_tar({{"arm", "x"}})}, {.architecture = "arm64"});
  amd.write_layout(tree_, "l");
  arm.write_layout(tree_, "l");
  const auto entry = [](const SampleImage& image, const std::string& platform) {
    return Descriptor{.media_type = std::string(media_type::kManifest),
                      .digest = image.digest,
                      .size = image.manifest.size(),
                      .platform = Platform::parse(platform)};
  };
  const std::string inner =
      Index{.manifests = {entry(amd, "linux/amd64"), entry(arm, "linux/arm64")}, .annotations = {}}.to_text();
  const Digest digest = sha256(as_bytes(inner));
  tree_.write("l/blobs/sha256/" + std::string(digest.hex()), inner);
  const Descriptor whole{.media_type = std::string(media_type::kIndex), .digest = digest, .size = inner.size()};
  tree_.write("l/index.json", Index{.manifests = {whole}, .annotations = {}}.to_text());
  EXPECT_EQ(open(place("oci", "l")).digest(), amd.digest);
  EXPECT_EQ(open(place("oci", "l"), Platform::parse("linux/arm64")).digest(), arm.digest);
  EXPECT_EQ(refusal([&] { open(place("oci", "l"), Platform::parse("linux/riscv64")); }).code, reason::kNoPlatform.code);
  tree_.write("l/index.json", inner);
  EXPECT_EQ(open(place("oci", "l"), Platform::parse("linux/arm64")).digest(), arm.digest)
      << "index.json itself may be the choice of platforms";
}

TEST_F(Layout, RefusesIndexesThatNestWithoutEnd) {
  const SampleImage sample = make_sample_image();
  sample.write_layout(tree_, "l");
  Descriptor below{
      .media_type = std::string(media_type::kManifest), .digest = sample.digest, .size = sample.manifest.size()};
  for (int i = 0; i < 8; ++i) {
    const std::string text = Index{.manifests = {below}, .annotations = {}}.to_text();
    below = {.media_type = std::string(media_type::kIndex), .digest = sha256(as_bytes(text)), .size = text.size()};
    tree_.write("l/blobs/sha256/" + std::string(below.digest.hex()), text);
  }
  tree_.write("l/index.json", Index{.manifests = {below}, .annotations = {}}.to_text());
  EXPECT_THAT(refusal([&] { open(place("oci", "l")); }).text, HasSubstr("nested deeper"));
}

TEST_F(Layout, RefusesAnImageForAnotherMachine) {
  make_sample_image({make_tar({})}, {.architecture = "arm64"}).write_layout(tree_, "l");
  const auto found = refusal([&] { open(place("oci", "l")); });
  EXPECT_EQ(found.code, reason::kWrongPlatform.code);
  EXPECT_THAT(found.text, HasSubstr("linux/arm64, not for linux/amd64"));
}

TEST_F(Layout, RefusesLayersThatAreNotWhatTheConfigurationSays) {
  const std::string wrong = "sha256:" + std::string(64, 'b');
  make_sample_image({make_tar({{"a", "x"}})}, {.diff_id = wrong}).write_layout(tree_, "l");
  EXPECT_THAT(refusal([&] { read_layer(open(place("oci", "l")), 0); }).text, HasSubstr("has diff ID"));
  make_sample_image({make_tar({{"a", "x"}})}, {.compression = archive::Compression::none, .diff_id = wrong})
      .write_layout(tree_, "plain");
  EXPECT_THAT(refusal([&] { read_layer(open(place("oci", "plain")), 0); }).text, HasSubstr("has diff ID"));
}

TEST_F(Layout, RefusesAConfigurationOfOtherLayers) {
  SampleImage sample = make_sample_image();
  Manifest manifest = Manifest::parse(sample.manifest, "m");
  manifest.layers.pop_back();
  sample.manifest = manifest.to_text();
  sample.digest = Digest::parse(sample.add_blob(sample.manifest));
  sample.write_layout(tree_, "l");
  const auto found = refusal([&] { open(place("oci", "l")); });
  EXPECT_EQ(found.code, reason::kBadConfig.code);
  EXPECT_THAT(found.text, HasSubstr("lists 2 layers, its manifest 1"));
}

// Each blob with one bit turned, its size kept (umoci's hardening tests).
TEST_F(Layout, NoticesATurnedBitInEveryBlob) {
  const SampleImage sample = make_sample_image();
  for (const auto& [name, bytes] : sample.blobs) {
    sample.write_layout(tree_, "l");
    std::string damaged = bytes;
    damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 4);
    tree_.write("l/blobs/sha256/" + name.substr(7), damaged);
    EXPECT_NE(refusal([&] {
                const Image image = open(place("oci", "l"));
                for (std::size_t i = 0; i < 2; ++i) read_layer(image, i);
              }).code,
              "")
        << name;
  }
}

TEST_F(Layout, RefusesWhatIsNoLayout) {
  const SampleImage sample = make_sample_image();
  const auto opened = [&] { return refusal([&] { open(place("oci", "l")); }); };
  sample.write_layout(tree_, "l");
  tree_.write("l/oci-layout", R"({"imageLayoutVersion":"2.0.0"})");
  EXPECT_THAT(opened().text, HasSubstr("imageLayoutVersion"));
  tree_.write("l/oci-layout", "{}");
  EXPECT_EQ(opened().code, reason::kBadLayout.code);
  std::filesystem::remove(tree_.path("l/oci-layout"));
  EXPECT_THAT(opened().text, HasSubstr("no file oci-layout"));
  tree_.write("l/manifest.json", "[]");
  EXPECT_THAT(opened().text, HasSubstr("docker save"));
  sample.write_layout(tree_, "l");
  std::filesystem::remove(tree_.path("l/index.json"));
  EXPECT_THAT(opened().text, HasSubstr("index.json is missing"));
  ASSERT_EQ(::mkfifo(tree_.path("l/index.json").c_str(), 0600), 0);
  EXPECT_THAT(opened().text, HasSubstr("is not a file")) << "a fifo must not hang us";
}

TEST_F(Layout, TargetRefusesADirectoryOfSomethingElse) {
  make_sample_image().write_layout(tree_, "l");
  tree_.write("other/file", "x");
  EXPECT_EQ(refusal([&] {
              copy_image(open(place("oci", "l")), SourceSpec::parse(place("oci", "other")), options(),
                         silent_progress());
            }).code,
            reason::kBadTarget.code);
}

using Archive = Places;

TEST_F(Archive, ReadsAPlainArchiveInPlaceAndACompressedOneThroughTheCache) {
  const SampleImage sample = make_sample_image({make_tar({{"a", make_noise(300'000)}}), make_tar({{"b", "two"}})});
  sample.write_layout(tree_, "l", "v1");
  const std::string tar = layout_tar("l");
  tree_.write("plain.tar", tar);
  tree_.write("packed.tar.gz", compress(tar, archive::Compression::gzip));
  tree_.write("packed.tar.zst", compress(tar, archive::Compression::zstd));
  for (const std::string name : {"plain.tar", "packed.tar.gz", "packed.tar.zst", "packed.tar.zst"}) {
    const Image image = open(place("oci-archive", name, ":v1"));
    EXPECT_EQ(image.digest(), sample.digest);
    EXPECT_EQ(read_layer(image, 0), sample.layers[0]) << name;
    EXPECT_EQ(read_layer(image, 1), sample.layers[1]) << name;
    EXPECT_EQ(std::filesystem::exists(tree_.path("cache")), name != "plain.tar");
  }
}

TEST_F(Archive, RefusesNamesThatStandTwiceAndWhatIsNoFile) {
  make_sample_image().write_layout(tree_, "l");
  const std::string tar = layout_tar("l");
  const std::string without_end = tar.substr(0, tar.size() - 1024);
  tree_.write("twice.tar", without_end + tar);
  EXPECT_THAT(refusal([&] { open(place("oci-archive", "twice.tar")); }).text, HasSubstr("stands twice"));
  TextSink out;
  archive::TarWriter writer(out);
  archive::TarEntry link;
  link.path = "index.json";
  link.type = archive::EntryType::symlink;
  link.link_target = "/etc/passwd";
  writer.add(link, nullptr);
  writer.finish();
  tree_.write("link.tar", out.text());
  EXPECT_EQ(refusal([&] { open(place("oci-archive", "link.tar")); }).code, reason::kBadLayout.code);
  tree_.write("cut.tar", tar.substr(0, tar.size() / 2));
  EXPECT_NE(refusal([&] { open(place("oci-archive", "cut.tar")); }).code, "");
  EXPECT_EQ(refusal([&] { open(place("oci-archive", "none.tar")); }).code, cairn::reason::kNotFound.code);
}

TEST_F(Archive, RefusesBlobsThatAreNotWhatTheyAreCalled) {
  const std::string wrong = "blobs/sha256/" + std::string(64, 'a');
  tree_.write("bad.tar.gz", compress(make_tar({{wrong, "something else"}}), archive::Compression::gzip));
  const auto found = refusal([&] { open(place("oci-archive", "bad.tar.gz")); });
  EXPECT_EQ(found.code, cairn::reason::kDigestMismatch.code);
  EXPECT_TRUE(std::filesystem::is_empty(tree_.path("cache/blobs/sha256")));
}

using Directory = Places;

std::map<std::string, archive::TarEntry> entries_of(const std::string& tar) {
  TextSource source(tar);
  archive::TarReader reader(source, "layer");
  std::map<std::string, archive::TarEntry> entries;
  while (const auto entry = reader.next()) entries[entry->path] = *entry;
  return entries;
}

TEST_F(Directory, IsAnImageOfOneLayer) {
  tree_.write("d/usr/bin/tool", "#!/bin/sh\n");
  tree_.write("d/etc/name", "x");
  std::filesystem::create_hard_link(tree_.path("d/etc/name"), tree_.path("d/etc/other"));
  std::filesystem::create_symlink("usr/bin", tree_.path("d/bin"));
  ASSERT_EQ(::mkfifo(tree_.path("d/pipe").c_str(), 0600), 0);
  ASSERT_EQ(::mknod(tree_.path("d/socket").c_str(), S_IFSOCK | 0600, 0), 0);  // left out
  ::chmod(tree_.path("d/usr/bin/tool").c_str(), 04755);
  const bool xattrs = ::setxattr(tree_.path("d/etc/name").c_str(), "user.note", "v", 1, 0) == 0;
  const Image image = open(place("dir", "d"));
  ASSERT_EQ(image.manifest().layers.size(), 1U);
  const std::string tar = read_layer(image, 0);
  EXPECT_EQ(sha256(as_bytes(tar)), image.manifest().layers[0].digest);
  const auto entries = entries_of(tar);
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries) names.push_back(name);
  EXPECT_THAT(names, ElementsAre("", "bin", "etc", "etc/name", "etc/other", "pipe", "usr", "usr/bin", "usr/bin/tool"));
  EXPECT_EQ(entries.at("usr/bin/tool").mode, 04755U);
  EXPECT_EQ(entries.at("etc/other").type, archive::EntryType::hard_link);
  EXPECT_EQ(entries.at("etc/other").link_target, "etc/name");
  EXPECT_EQ(entries.at("bin").link_target, "usr/bin");
  EXPECT_EQ(entries.at("pipe").type, archive::EntryType::fifo);
  if (xattrs) {
    EXPECT_EQ(entries.at("etc/name").xattrs.at("user.note"), "v");
  }
  EXPECT_EQ(open(place("dir", "d")).digest(), image.digest()) << "same directory, same image";
}

TEST_F(Directory, IsForThePlatformThatIsAskedFor) {
  tree_.write("d/file", "x");
  EXPECT_EQ(open(place("dir", "d"), Platform::parse("linux/riscv64")).config().platform.architecture, "riscv64");
}

TEST_F(Directory, ThatChangesIsNoticed) {
  tree_.write("d/file", "one");
  const Image image = open(place("dir", "d"));
  tree_.write("d/file", "two");
  const auto found = refusal([&] { read_layer(image, 0); });
  EXPECT_EQ(found.code, reason::kDirectoryChanged.code);
  std::filesystem::remove_all(tree_.path("d"));
  EXPECT_NE(refusal([&] { read_layer(image, 0); }).code, "");
}

TEST_F(Directory, MayBeLeftInTheMiddle) {
  tree_.write("d/file", make_noise(8 << 20));
  const Image image = open(place("dir", "d"));
  const auto layer = image.open_layer(0);
  std::array<std::byte, 100> some;
  EXPECT_EQ(read_full(*layer, some), some.size());
}

TEST_F(Directory, ThatIsMissingIsSaid) {
  EXPECT_EQ(refusal([&] { open(place("dir", "nothing")); }).code, cairn::reason::kNotFound.code);
}

TEST(LayerSource, StopsALayerThatUnpacksWithoutEnd) {
  const std::string zeros(kMinLayerBound + 1, '\0');
  const std::string packed = compress(zeros, archive::Compression::zstd);
  ASSERT_LT(packed.size() * kMaxLayerRatio, zeros.size());
  const Descriptor layer{
      .media_type = std::string(media_type::kLayerZstd), .digest = sha256(as_bytes(packed)), .size = packed.size()};
  const auto source = make_layer_source(std::make_unique<TextSource>(packed), layer, sha256(as_bytes(zeros)));
  EXPECT_EQ(refusal([&] { read_text(*source, 1 << 30, "layer"); }).code, reason::kLayerBomb.code);
}

}  // namespace
}  // namespace cairn::oci
