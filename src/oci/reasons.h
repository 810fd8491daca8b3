// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.h"

// Failures of image names, image documents, registries, layouts and the blob cache.
namespace cairn::oci::reason {

inline constexpr Reason kBadReference{"CRN-OCI-001", ErrorKind::invalid, "the name of an image is malformed",
                                      "Write HOST/NAME:TAG, oci:DIR:TAG, oci-archive:FILE:TAG or dir:DIR."};
inline constexpr Reason kBadManifest{"CRN-OCI-002", ErrorKind::corrupt,
                                     "a manifest or index breaks the OCI image format",
                                     "Build or copy the image anew with a current tool."};
inline constexpr Reason kUnsupportedImage{"CRN-OCI-003", ErrorKind::unsupported,
                                          "an image is of a kind that is not supported",
                                          "Convert the image, for example by `skopeo copy --format oci`."};
inline constexpr Reason kBadConfig{"CRN-OCI-004", ErrorKind::corrupt, "an image's configuration is malformed",
                                   "Build the image anew with a current tool."};
inline constexpr Reason kNoPlatform{
    "CRN-OCI-005", ErrorKind::not_found, "an image has no variant for the platform",
    "Choose one of the platforms listed with --platform, or build the image for this one."};
inline constexpr Reason kWrongPlatform{"CRN-OCI-006", ErrorKind::invalid, "an image is for another platform",
                                       "Ask for the image's own platform with --platform, or build it for this one."};
inline constexpr Reason kLayerBomb{"CRN-OCI-007", ErrorKind::corrupt, "a layer unpacks to implausibly many bytes",
                                   "Don't use the image; it is damaged or meant to fill disks."};
inline constexpr Reason kBadLayout{"CRN-OCI-008", ErrorKind::corrupt, "an OCI layout is malformed",
                                   "Write the layout anew, for example by `skopeo copy ... oci:DIR:TAG`."};
inline constexpr Reason kNoSuchImage{"CRN-OCI-009", ErrorKind::not_found, "there is no image of that name",
                                     "Check the name, the tag and their spelling."};
inline constexpr Reason kAmbiguous{"CRN-OCI-010", ErrorKind::invalid, "a name stands for several images",
                                   "Name one of them by its tag or digest."};
inline constexpr Reason kLogin{
    "CRN-OCI-011", ErrorKind::denied, "a registry refuses access",
    "Log in with `docker login` or `podman login`, or name a file with credentials by --auth-file."};
inline constexpr Reason kBadAuthFile{"CRN-OCI-012", ErrorKind::invalid,
                                     "a file with registry credentials cannot be used",
                                     "Correct the file, or log in anew with `docker login` or `podman login`."};
inline constexpr Reason kRateLimit{"CRN-OCI-013", ErrorKind::unavailable, "a registry limits how often it may be asked",
                                   "Wait as long as the registry asks, log in for a higher limit, or use a mirror."};
inline constexpr Reason kRegistry{"CRN-OCI-014", ErrorKind::unavailable, "a registry answered with an error",
                                  "Try again; if it repeats, look at the registry's log."};
inline constexpr Reason kUnsafeAuth{
    "CRN-OCI-015", ErrorKind::denied, "a registry asks for credentials in an unsafe way",
    "Correct the registry's authentication; docs/formats/registry-auth.md has the rules."};
inline constexpr Reason kBadTarget{"CRN-OCI-016", ErrorKind::invalid, "an image can't be written there",
                                   "Write to a registry (HOST/NAME:TAG) or to a layout (oci:DIR:TAG)."};
inline constexpr Reason kDirectoryChanged{"CRN-OCI-017", ErrorKind::conflict, "a directory changed while it was read",
                                          "Stop what writes to the directory and try again."};

inline constexpr const Reason* kOci[] = {
    &kBadReference, &kBadManifest, &kUnsupportedImage, &kBadConfig, &kNoPlatform,  &kWrongPlatform, &kLayerBomb,
    &kBadLayout,    &kNoSuchImage, &kAmbiguous,        &kLogin,     &kBadAuthFile, &kRateLimit,     &kRegistry,
    &kUnsafeAuth,   &kBadTarget,   &kDirectoryChanged,
};

}  // namespace cairn::oci::reason
