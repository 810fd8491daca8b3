// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "object/codec.h"
#include "object/named_enum.h"
#include "object/rules.h"

#include <memory>

namespace cairn::object {

// Goes through what a value holds for find_unsupported(); values without fields hold nothing.
template <class T>
void add_unsupported(const T& value, const std::string& path, std::vector<std::string>& paths) {
  if constexpr (requires { T::fields(); }) {
    for (const auto& field : T::fields()) field.add_unsupported(value, path, paths);
    if constexpr (requires { value.unknown.members; }) {
      for (const auto& member : value.unknown.members) paths.push_back(path + "." + std::string(member.key()));
    }
  }
}
template <class T>
void add_unsupported(const std::optional<T>& value, const std::string& path, std::vector<std::string>& paths) {
  if (value) add_unsupported(*value, path, paths);
}
template <class T>
void add_unsupported(const std::vector<T>& items, const std::string& path, std::vector<std::string>& paths) {
  for (std::size_t i = 0; i < items.size(); ++i) add_unsupported(items[i], path + "[" + std::to_string(i) + "]", paths);
}

// One field of `Struct`, described once; codec, schema, reference page and printer columns come from here.
template <class Struct>
class Field {
 public:
  // The default of the field is the member's initial value in the struct.
  template <class Member>
  Field(std::string name, Member Struct::*member, std::string doc, Rules rules = {})
      : name_(std::move(name)),
        doc_(std::move(doc)),
        rules_(std::move(rules)),
        access_(std::make_shared<const MemberAccess<Member>>(member)) {}

  const std::string& name() const { return name_; }
  const std::string& doc() const { return doc_; }
  const Rules& rules() const { return rules_; }

  void decode(const json::value& value, const Place& place, Struct& out) const { access_->decode(value, place, out); }
  // Nothing where the member has its initial value and need not be written.
  std::optional<json::value> encode(const Struct& from) const {
    if (!rules_.required && access_->is_initial(from)) return std::nullopt;
    json::value value = access_->encode(from);
    if (value.is_null() && !rules_.nullable) return std::nullopt;
    return value;
  }
  json::object schema() const {
    json::object schema{{"description", doc_}};
    for (auto& word : access_->schema()) schema[word.key()] = std::move(word.value());
    if (const json::value initial = access_->initial(); is_default(initial)) schema["default"] = initial;
    add_rules(schema, rules_);
    return schema;
  }
  // The columns of the field and of all below it; `above` is the path of the struct.
  void add_columns(std::vector<Column>& columns, const std::string& above) const {
    const std::string path = above + "." + name_;
    if (!rules_.column.empty()) columns.push_back(make_column(rules_, schema(), path));
    access_->add_columns(columns, path);
  }
  void add_unsupported(const Struct& from, const std::string& above, std::vector<std::string>& paths) const {
    const std::string path = above + "." + name_;
    if (rules_.not_supported.empty()) return access_->add_unsupported(from, path, paths);
    if (!access_->is_initial(from)) paths.push_back(path);
  }

 private:
  static bool is_default(const json::value& initial) {
    if (initial.is_string()) return !initial.get_string().empty();
    if (initial.is_array()) return !initial.get_array().empty();
    if (initial.is_object()) return !initial.get_object().empty();
    return initial == json::value(true) || (initial.is_int64() && initial.get_int64() != 0);
  }

  struct Access {
    virtual ~Access() = default;
    virtual void decode(const json::value& value, const Place& place, Struct& out) const = 0;
    virtual json::value encode(const Struct& from) const = 0;
    virtual bool is_initial(const Struct& from) const = 0;
    virtual json::value initial() const = 0;
    virtual json::object schema() const = 0;
    virtual void add_columns(std::vector<Column>& columns, const std::string& path) const = 0;
    virtual void add_unsupported(const Struct& from, const std::string& path,
                                 std::vector<std::string>& paths) const = 0;
  };

  template <class Member>
  struct MemberAccess final : Access {
    explicit MemberAccess(Member Struct::*to) : member(to), initial_value(Struct{}.*to) {}
    void decode(const json::value& value, const Place& place, Struct& out) const override {
      Codec<Member>::decode(value, place, out.*member);
    }
    json::value encode(const Struct& from) const override { return Codec<Member>::encode(from.*member); }
    bool is_initial(const Struct& from) const override { return from.*member == initial_value; }
    json::value initial() const override {
      if constexpr (requires { Member::fields(); }) return nullptr;  // a struct has the defaults of its fields
      return Codec<Member>::encode(initial_value);
    }
    json::object schema() const override { return Codec<Member>::schema(); }
    void add_columns(std::vector<Column>& columns, const std::string& path) const override {
      if constexpr (requires { Member::fields(); }) {
        for (const auto& field : Member::fields()) field.add_columns(columns, path);
      }
    }
    void add_unsupported(const Struct& from, const std::string& path, std::vector<std::string>& paths) const override {
      object::add_unsupported(from.*member, path, paths);
    }

    Member Struct::*member;
    Member initial_value;
  };

  std::string name_;
  std::string doc_;
  Rules rules_;
  std::shared_ptr<const Access> access_;
};

}  // namespace cairn::object
