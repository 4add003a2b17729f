// The version of the library. Numbers before 1.0 may break what compiled against an earlier one; the scalars that record have an
// inline namespace, by its number and by the kind of tape (numeric/recorder.hpp), so that what does not fit does not link.
#pragma once

#define WENGERT_VERSION_MAJOR 0
#define WENGERT_VERSION_MINOR 1
#define WENGERT_VERSION_PATCH 0
#define WENGERT_VERSION "0.1.0"
