// SPDX-License-Identifier: Apache-2.0
#include "archive/tar.h"

#include "archive/pax.h"
#include "archive/reasons.h"
#include "archive/tar_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::archive {
namespace {

using ::testing::HasSubstr;

// Archives made by hand, block by block.
std::string padded(std::string text) {
  text.resize((text.size() + kTarBlock - 1) / kTarBlock * kTarBlock, '\0');
  return text;
}
std::string member(const TarHeader& header, const std::string& content = "") {
  TarHeader full = header;
  if (full.size == 0) full.size = content.size();
  return make_tar_header(full) + padded(content);
}
std::string file(const std::string& name, const std::string& content) {
  return member({.name = name, .mode = 0644, .type = '0'}, content);
}
std::string pax(const std::string& records) { return member({.name = "pax", .type = 'x'}, records); }
const std::string kEnd(2 * kTarBlock, '\0');

// A header with other bytes at an offset, its checksum right.
std::string altered(std::size_t offset, const std::string& bytes,
                    std::string header = make_tar_header({.name = "f", .mode = 0644, .type = '0'})) {
  header.replace(offset, bytes.size(), bytes).replace(148, 8, "        ");
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  return header.replace(148, 6, fmt::format("{:06o}", sum)).replace(154, 1, 1, '\0');
}

struct Read {
  TarEntry entry;
  std::string content;
};

std::vector<Read> read_all(const std::string& archive) {
  TextSource source(archive);
  TarReader reader(source, "test.tar");
  std::vector<Read> all;
  while (auto entry = reader.next()) {
    all.push_back({*entry, read_text(reader.content(), 10 << 20, "content")});
  }
  return all;
}

std::string refusal(const std::string& archive) {
  try {
    read_all(archive);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(Tar, RoundTripsEveryTypeAndExtension) {
  const std::string long_name = std::string(200, 'd') + "/" + std::string(250, 'f');
  const std::vector<TarEntry> entries = {
      {.path = "", .type = EntryType::directory, .mode = 0755},
      {.path = "dir", .type = EntryType::directory, .mode = 01777, .uid = 1, .gid = 2, .mtime = 12},
      {.path = "dir/file", .type = EntryType::file, .mode = 04755, .size = 5},
      {.path = "link", .type = EntryType::hard_link, .link_target = "dir/file"},
      {.path = "sym", .type = EntryType::symlink, .mode = 0777, .link_target = "../x"},
      {.path = "null", .type = EntryType::char_device, .mode = 0666, .device_major = 1, .device_minor = 3},
      {.path = "disk", .type = EntryType::block_device, .device_major = 8, .device_minor = 1},
      {.path = "pipe", .type = EntryType::fifo, .mode = 0600},
      {.path = long_name,
       .type = EntryType::file,
       .uid = 4'000'000,
       .mtime = -5,
       .size = 5,
       .xattrs = {{"security.capability", std::string("\x01\x00\x00\x02", 4)}, {"user.x", "line\nbreak=1"}}},
      {.path = "long-link", .type = EntryType::symlink, .link_target = std::string(300, 'x')},
  };
  TextSink out;
  TarWriter writer(out);
  for (const TarEntry& entry : entries) {
    TextSource content("hello");
    writer.add(entry, &content);
  }
  writer.finish();
  EXPECT_EQ(out.text().size() % kTarBlock, 0U);
  const auto read = read_all(out.text());
  ASSERT_EQ(read.size(), entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const TarEntry& wanted = entries[i];
    const TarEntry& found = read[i].entry;
    EXPECT_EQ(found.path, wanted.path);
    EXPECT_EQ(found.type, wanted.type);
    EXPECT_EQ(found.mode, wanted.mode);
    EXPECT_EQ(found.uid, wanted.uid);
    EXPECT_EQ(found.mtime, wanted.mtime);
    EXPECT_EQ(found.link_target, wanted.link_target);
    EXPECT_EQ(found.device_major, wanted.device_major);
    EXPECT_EQ(found.device_minor, wanted.device_minor);
    EXPECT_EQ(found.xattrs, wanted.xattrs);
    EXPECT_EQ(read[i].content, wanted.type == EntryType::file ? "hello" : "");
  }
}

TEST(Tar, MakesNamesPlain) {
  EXPECT_EQ(read_all(file("./a//b/./c", "") + kEnd)[0].entry.path, "a/b/c");
  EXPECT_EQ(read_all(file("/etc/passwd", "") + kEnd)[0].entry.path, "etc/passwd");
}

TEST(Tar, RefusesNamesThatLeaveTheTree) {
  for (const char* name : {"../x", "a/../../x", "a/..", ".."}) {
    EXPECT_THAT(refusal(file(name, "") + kEnd), HasSubstr("\"..\" part")) << name;
  }
  EXPECT_THAT(refusal(member({.name = "l", .link_name = "../../etc/shadow", .type = '1'}) + kEnd), HasSubstr("\"..\""));
  EXPECT_THAT(refusal(pax(pax_record("path", std::string(256, 'x'))) + file("f", "") + kEnd), HasSubstr("255"));
  EXPECT_THAT(refusal(pax(pax_record("path", std::string(5000, 'x'))) + file("f", "") + kEnd), HasSubstr("4096"));
  EXPECT_THAT(refusal(pax(pax_record("path", std::string("a\0b", 3))) + file("f", "") + kEnd), HasSubstr("NUL"));
}

TEST(Tar, TakesTheSizeOfThePaxRecordOverTheHeaders) {
  // The header says 0; a reader that believes it would read "inner" as a member of its own (CVE-2025-62518).
  const std::string hidden = file("inner", "");
  const auto read = read_all(pax(pax_record("size", std::to_string(hidden.size()))) +
                             make_tar_header({.name = "outer", .type = '0'}) + hidden + kEnd);
  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(read[0].content, hidden);
}

TEST(Tar, RefusesTwoNamesForOneMember) {
  const std::string long_name = member({.name = "././@LongLink", .type = 'L'}, "a");
  EXPECT_EQ(read_all(long_name + file("f", "") + kEnd)[0].entry.path, "a");
  EXPECT_THAT(refusal(pax(pax_record("path", "b")) + long_name + file("f", "") + kEnd), HasSubstr("both"));
  EXPECT_THAT(refusal(long_name + long_name + file("f", "") + kEnd), HasSubstr("two extended headers"));
  EXPECT_THAT(refusal(pax("") + pax("") + file("f", "") + kEnd), HasSubstr("two extended headers"));
}

TEST(Tar, AppliesGlobalRecordsBelowLocalOnes) {
  const std::string global = member({.name = "g", .type = 'g'}, pax_record("uid", "7") + pax_record("comment", "x"));
  const auto read =
      read_all(global + file("a", "") + pax(pax_record("uid", "8")) + file("b", "") + file("c", "") + kEnd);
  EXPECT_EQ(read[0].entry.uid, 7U);
  EXPECT_EQ(read[1].entry.uid, 8U);
  EXPECT_EQ(read[2].entry.uid, 7U);
}

TEST(Tar, RefusesMalformedPaxRecords) {
  for (const std::string bad : {"x", "999999 a=b\n", "-1 a=b\n", "6 a=b", "4 a\n", "5 =b\n", "6 a=b\nz"}) {
    EXPECT_NE(refusal(pax(bad) + file("f", "") + kEnd), "") << bad;
  }
  EXPECT_NE(refusal(pax(pax_record("size", "-1")) + file("f", "") + kEnd), "");
  EXPECT_NE(refusal(pax(pax_record("size", "99999999999999999999")) + file("f", "") + kEnd), "");
  EXPECT_NE(refusal(pax(pax_record("mtime", "soon")) + file("f", "") + kEnd), "");
  EXPECT_NE(refusal(pax(pax_record("SCHILY.xattr.user.a", std::string(70'000, 'x'))) + file("f", "") + kEnd), "");
  EXPECT_NE(refusal(pax("") + kEnd), "");
}

TEST(Tar, LetsGlobalRecordsSayNothingAboutContent) {
  for (const char* key : {"path", "linkpath", "size", "GNU.sparse.major", "SCHILY.xattr.user.a"}) {
    EXPECT_THAT(refusal(member({.name = "g", .type = 'g'}, pax_record(key, "1")) + file("f", "") + kEnd),
                HasSubstr(key));
  }
  EXPECT_THAT(refusal(pax("") + member({.name = "g", .type = 'g'}, pax_record("uid", "1")) + file("f", "") + kEnd),
              HasSubstr("between"));
}

TEST(Tar, TakesTheLastOfRecordsWithOneKey) {
  const auto read = read_all(pax(pax_record("path", "first") + pax_record("path", "last")) + file("f", "") + kEnd);
  EXPECT_EQ(read[0].entry.path, "last");
}

TEST(Tar, RefusesAFileWhoseNameEndsInASlash) {
  EXPECT_THAT(refusal(file("a/", "") + kEnd), HasSubstr("slash"));
  EXPECT_THAT(refusal(pax(pax_record("path", "a/")) + member({.name = "a", .type = '\0'}) + kEnd), HasSubstr("slash"));
  EXPECT_EQ(read_all(member({.name = "a/", .type = '\0'}) + kEnd)[0].entry.type, EntryType::directory);
}

TEST(Tar, BoundsExtendedAttributesInReasonableTime) {
  std::string many;
  for (int i = 0; i < 50'000; ++i) many += pax_record("SCHILY.xattr.u" + std::to_string(i), "");
  ASSERT_LT(many.size(), 1U << 21);
  many.resize(1 << 20);
  many.resize(many.rfind('\n') + 1);
  EXPECT_GT(read_all(pax(many) + file("f", "") + kEnd)[0].entry.xattrs.size(), 30'000U);
  std::string large;
  for (int i = 0; i < 15; ++i) large += pax_record("SCHILY.xattr.u" + std::to_string(i), std::string(65'536, 'x'));
  EXPECT_EQ(refusal(pax(large) + file("f", "") + kEnd), "");
  // Replaced values count once.
  std::string replaced;
  for (int i = 0; i < 15; ++i) replaced += pax_record("SCHILY.xattr.u", std::string(65'536, 'x'));
  EXPECT_EQ(read_all(pax(replaced) + file("f", "") + kEnd)[0].entry.xattrs.size(), 1U);
}

TEST(Tar, SaysWhereAnErrorIs) {
  const std::string whole = file("etc/passwd", std::string(2000, 'x'));
  EXPECT_THAT(refusal(whole.substr(0, 1000)), HasSubstr("test.tar: member \"etc/passwd\": the archive is cut off"));
  std::string damaged = whole + file("b", "") + kEnd;
  damaged[2560] = 'Z';
  EXPECT_THAT(refusal(damaged), HasSubstr("test.tar: header at byte 2560: "));
}

TEST(Tar, RefusesFieldsThatProgramsReadDifferently) {
  EXPECT_EQ(refusal(altered(108, std::string(8, ' ')) + kEnd), "");
  EXPECT_THAT(refusal(altered(124, '\0' + std::string("0000001000")) + kEnd), HasSubstr("follows the size"));
  EXPECT_THAT(refusal(altered(108, "000 0001") + kEnd), HasSubstr("follows the uid"));
  EXPECT_THAT(refusal(altered(108, "0000-01") + kEnd), HasSubstr("octal"));
  EXPECT_THAT(refusal(altered(108, "\x81") + kEnd), HasSubstr("not a number"));
  EXPECT_THAT(refusal(altered(124, std::string(12, '\xff')) + kEnd), HasSubstr("negative"));
}

TEST(Tar, RefusesAPrefixInAHeaderOfNoKnownForm) {
  EXPECT_EQ(read_all(altered(345, "dir") + kEnd)[0].entry.path, "dir/f");
  EXPECT_EQ(read_all(altered(257, std::string("ustar  \0", 8), altered(345, "dir")) + kEnd)[0].entry.path, "f");
  EXPECT_THAT(refusal(altered(257, "USTAR 00", altered(345, "dir")) + kEnd), HasSubstr("prefix"));
}

TEST(Tar, WritesNoAttributeThatPaxHasNoNameFor) {
  TextSink out;
  TarWriter writer(out);
  EXPECT_THROW(writer.add({.path = "f", .xattrs = {{"user.a=b", "c"}}}, nullptr), Error);
}

TEST(Tar, TellsWhereContentLies) {
  const std::string archive = file("a", "12345") + pax(pax_record("path", "b")) + file("x", "678") + kEnd;
  TextSource source(archive);
  TarReader reader(source, "test.tar");
  while (const auto entry = reader.next()) {
    EXPECT_EQ(archive.substr(reader.content_offset(), entry->size), entry->path == "a" ? "12345" : "678");
  }
}

TEST(Tar, RoundsTimesDown) {
  EXPECT_EQ(read_all(pax(pax_record("mtime", "12.999")) + file("f", "") + kEnd)[0].entry.mtime, 12);
  EXPECT_EQ(read_all(pax(pax_record("mtime", "-1.5")) + file("f", "") + kEnd)[0].entry.mtime, -2);
}

TEST(Tar, BoundsExtendedHeaders) {
  EXPECT_THAT(refusal(member({.name = "pax", .size = 2 << 20, .type = 'x'})), HasSubstr("larger than"));
}

TEST(Tar, RefusesDamageAndCuts) {
  const std::string whole = file("f", std::string(1000, 'x')) + kEnd;
  std::string damaged = whole;
  damaged[3] = 'Z';
  EXPECT_THAT(refusal(damaged), HasSubstr("checksum"));
  for (const std::size_t length : {100UL, 511UL, 600UL, 1400UL}) {
    EXPECT_THAT(refusal(whole.substr(0, length)), HasSubstr("cut off")) << length;
  }
  EXPECT_EQ(refusal(whole.substr(0, 1536)), "");  // only the end marker is missing: tar programs accept it
  EXPECT_THAT(refusal(whole + "x"), HasSubstr("follows the end"));
  EXPECT_EQ(refusal(whole + std::string(10240, '\0')), "");
}

TEST(Tar, RefusesUnknownTypesAndContentWhereNoneBelongs) {
  for (const char type : {'S', 'M', 'V', 'D', 'A', '8'}) {
    EXPECT_THAT(refusal(member({.name = "f", .type = type}) + kEnd), HasSubstr("is not supported")) << type;
  }
  EXPECT_NE(refusal(member({.name = "d", .type = '5'}, "data") + kEnd), "");
  EXPECT_NE(refusal(member({.name = "s", .link_name = "t", .type = '2'}, "data") + kEnd), "");
  EXPECT_NE(refusal(member({.name = "s", .type = '2'}) + kEnd), "");
}

TEST(Tar, ReadsBase256Numbers) {
  const std::string uid("\x80\x00\x00\x00\x00\x20\x00\x01", 8);
  EXPECT_EQ(read_all(altered(108, uid) + kEnd)[0].entry.uid, 0x200001U);
  EXPECT_EQ(read_all(altered(136, std::string(11, '\xff') + '\xfe') + kEnd)[0].entry.mtime, -2);
}

TEST(Tar, RefusesLongNamesThatGoOnBehindTheirSize) {
  const auto named = [](const std::string& text, std::size_t size) {
    return member({.name = "././@LongLink", .size = size, .type = 'L'}, text) + file("short", "x") + kEnd;
  };
  const std::string text(120, 'n');
  EXPECT_THAT(refusal(named(text, 50)), HasSubstr("goes on behind its size"));
  EXPECT_EQ(read_all(named(text, 120))[0].entry.path, text);
}

TEST(Tar, TakesDeviceNumbersFromUstarAndGnuHeadersOnly) {
  const std::string header = make_tar_header({.name = "null", .device_major = 1, .device_minor = 3, .type = '3'});
  EXPECT_EQ(read_all(header + kEnd)[0].entry.device_minor, 3U);
  EXPECT_EQ(read_all(altered(257, std::string("ustar  \0", 8), header) + kEnd)[0].entry.device_minor, 3U);
  EXPECT_THAT(refusal(altered(257, std::string(8, '\0'), header) + kEnd), HasSubstr("its number"));
}

TEST(Tar, WantsLibarchivesAttributesToSayTheSame) {
  const auto told = [](const std::string& records) { return refusal(pax(records) + file("f", "x") + kEnd); };
  const std::string theirs = pax_record("LIBARCHIVE.xattr.user.a", "dmFsdWU");
  EXPECT_EQ(told(theirs + pax_record("SCHILY.xattr.user.a", "value")), "");
  EXPECT_THAT(told(theirs + pax_record("SCHILY.xattr.user.a", "else")), HasSubstr("no equal"));
  EXPECT_THAT(told(theirs), HasSubstr("no equal"));
}

TEST(TarSparse, IsReadWithItsHoles) {
  const std::string stored = std::string(512, 'a') + "bbbb";
  const std::string runs = "3\n1000\n512\n5000\n4\n6000\n0\n";
  const auto record = [](const std::string& key, const std::string& value) {
    return pax_record("GNU.sparse." + key, value);
  };
  const std::string v1 =
      pax(record("major", "1") + record("minor", "0") + record("name", "f") + record("realsize", "6000")) +
      file("GNUSparseFile.0/f", padded(runs) + stored) + kEnd;
  const std::string v01 =
      pax(record("size", "6000") + record("map", "1000,512,5000,4,6000,0")) + file("f", stored) + kEnd;
  const std::string v00 =
      pax(record("size", "6000") + record("numblocks", "3") + record("offset", "1000") + record("numbytes", "512") +
          record("offset", "5000") + record("numbytes", "4") + record("offset", "6000") + record("numbytes", "0")) +
      file("f", stored) + kEnd;
  std::string wanted(6000, '\0');
  wanted.replace(1000, 512, std::string(512, 'a')).replace(5000, 4, "bbbb");
  for (const std::string& archive : {v1, v01, v00}) {
    const auto read = read_all(archive);
    ASSERT_EQ(read.size(), 1U);
    EXPECT_EQ(read[0].entry.path, "f");
    EXPECT_EQ(read[0].content, wanted);
  }
}

TEST(TarSparse, HasOneMapOfWholePairsForAFile) {
  const std::string size = pax_record("GNU.sparse.size", "6000");
  const auto record = [](const std::string& key, const std::string& value) {
    return pax_record("GNU.sparse." + key, value);
  };
  const auto told = [&](const std::string& records) { return refusal(pax(size + records) + file("f", "aaaa") + kEnd); };
  EXPECT_EQ(told(record("offset", "5996") + record("numbytes", "4")), "");
  EXPECT_THAT(told(record("offset", "0") + record("offset", "8") + record("numbytes", "4")), HasSubstr("in a row"));
  EXPECT_THAT(told(record("numbytes", "4")), HasSubstr("without an offset"));
  EXPECT_THAT(told(record("offset", "0")), HasSubstr("without a size"));
  EXPECT_THAT(told(record("numblocks", "2") + record("offset", "0") + record("numbytes", "4")), HasSubstr("promised"));
  EXPECT_THAT(told(record("map", "0,4") + record("major", "1") + record("minor", "0")), HasSubstr("two maps"));
  EXPECT_THAT(refusal(pax(record("name", "g")) + file("f", "") + kEnd), HasSubstr("stands alone"));
  EXPECT_THAT(refusal(pax(size) + member({.name = "d", .type = '5'}) + kEnd), HasSubstr("sparse"));
}

TEST(TarSparse, IsBoundedAndConsistent) {
  const auto sparse = [](const std::string& size, const std::string& map) {
    return pax(pax_record("GNU.sparse.size", size) + pax_record("GNU.sparse.map", map)) + file("f", "aaaabbbb") + kEnd;
  };
  EXPECT_THAT(refusal(sparse("1099511627776", "0,8,1099511627776,0")), HasSubstr("larger than"));
  EXPECT_THAT(refusal(sparse("6000", "0,4,5000,0,1000,4,6000,0")), HasSubstr("out of order"));
  EXPECT_THAT(refusal(sparse("6000", "0,4,6000,0")), HasSubstr("4 bytes, 8 are stored"));
  EXPECT_THAT(refusal(sparse("6000", "5998,4")), HasSubstr("outside of the file"));
  EXPECT_THAT(refusal(sparse("6000", "1000,8,1004,0")), HasSubstr("out of order"));
  EXPECT_THAT(refusal(sparse("6000", "18446744073709551615,8")), HasSubstr("outside of the file"));
}

// GNU tar pads each run to whole blocks and lets a file end with its last run; libarchive and Python do neither.
TEST(TarSparse, IsRefusedWhereReadersDisagree) {
  const auto sparse = [](const std::string& size, const std::string& map, const std::string& stored) {
    return pax(pax_record("GNU.sparse.size", size) + pax_record("GNU.sparse.map", map)) + file("f", stored) + kEnd;
  };
  EXPECT_THAT(refusal(sparse("8", "0,4,4,4", "aaaabbbb")), HasSubstr("no whole blocks"));
  EXPECT_THAT(refusal(sparse("6000", "0,8", "aaaabbbb")), HasSubstr("before the end of the file"));
  EXPECT_THAT(refusal(sparse("700", "", "")), HasSubstr("before the end of the file"));
  EXPECT_EQ(read_all(sparse("700", "700,0", ""))[0].content, std::string(700, '\0'));
  EXPECT_EQ(read_all(sparse("0", "", ""))[0].content, "");
}

}  // namespace
}  // namespace cairn::archive
