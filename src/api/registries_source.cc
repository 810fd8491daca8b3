// SPDX-License-Identifier: Apache-2.0
#include "api/registries_source.h"

namespace cairn::api {

const object::Fields<RegistriesSource>& RegistriesSource::fields() {
  static const object::Fields<RegistriesSource> table{
      {"secretName", &RegistriesSource::secret_name,
       "Secret of this namespace whose key registries.yaml holds mirrors and credentials in the form of k3s."},
  };
  return table;
}

}  // namespace cairn::api
