#!/usr/bin/env python3
"""Tests the generator of the reference: docs/reference_headers.py, which reads headers, and docs/reference_pages.py."""
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

SDK = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SDK / "docs"))
import reference_headers  # noqa: E402
import reference_pages  # noqa: E402

HEADER = '''\
#pragma once

#include <string>
#define MACRO(x) \\
    struct x {};

namespace slips::inline SLIPS_SDK_ABI {

class Forward;
namespace detail {
/// Not public.
struct Hidden {
    int number = 0;
};
}

/// A value: `a<b>` or a<b>.
///
///     code();
///
/// More.
struct Value {
    std::string text{};  ///< one line,
                         ///< and another
    std::function<void(const std::string& what)> call = nothing;  ///< a function
    bool flag =
        true;  ///< on another line
    /// Above.
    std::optional<double> number{};

    Value() = default;
    Value(const Value&) = delete;
    bool empty() const { return text.empty(); }  ///< has no text
    friend bool operator==(const Value&, const Value&) = default;
    // --- not for module authors ---
    void attach();  ///< to something
private:
    int hidden_ = 0;
};

/// Returns "a|b".
template <class T>
SLIPS_SDK_DECL std::map<std::string, T> list(const std::string& text, T fallback = {});

/// The sides.
enum class Side : std::uint8_t {
    left,   ///< not right
    right,
};

// ---------------------------------------------------------------------------------------------------------

inline void not_here() {}

}  // namespace slips::inline SLIPS_SDK_ABI
'''


class Reference(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        Path(folder.name, "value.hpp").write_text(HEADER)
        replaced = mock.patch.object(reference_headers, "INCLUDE", Path(folder.name))
        replaced.start()
        self.addCleanup(replaced.stop)

    def test_names(self):
        self.assertEqual([one.name() for one in reference_headers.header("value.hpp")], ["Value", "list", "Side"])

    def test_a_type(self):
        text = "\n".join(reference_pages.section(reference_headers.header("value.hpp")[0], {"text"}))
        self.assertEqual(text, """\
## Value

A value: `a<b>` or a&lt;b>.

```
code();
```

More.

| field | type | default | |
|---|---|---|---|
| `text` | `std::string` |  | **required**; one line, and another |
| `call` | `std::function<void(const std::string& what)>` | `nothing` | a function |
| `flag` | `bool` | `true` | on another line |
| `number` | `std::optional<double>` |  | Above. |

| function | |
|---|---|
| `bool empty() const` | has no text |
""")

    def test_a_function_and_an_enum(self):
        _, function, side = reference_headers.header("value.hpp")
        self.assertEqual(reference_pages.table_of_functions([function])[2],
                         '| `std::map<std::string, T> list(const std::string& text, T fallback = {})` | Returns "a\\|b". |')
        self.assertEqual(reference_pages.section(side)[-3:], ["| `Side::left` | not right |", "| `Side::right` |  |", ""])

    def test_a_header_on_no_page(self):
        with self.assertRaisesRegex(SystemExit, "include/slips/value.hpp is on no page"):
            reference_pages.check_that_all_is_there()


class Releases(unittest.TestCase):
    def test_ranges(self):
        def words(*refused):
            return reference_pages.releases([{"since": 1_000_000 + number, "refused": one} for number, one in enumerate(refused)])

        self.assertEqual(words(True, True), "all")
        self.assertEqual(words(True, False, False), "before 1.0.1")
        self.assertEqual(words(False, True, True), "1.0.1 and newer")
        self.assertEqual(words(False, True, False, True), "1.0.1 to before 1.0.2, 1.0.3 and newer")


unittest.main(verbosity=0)
