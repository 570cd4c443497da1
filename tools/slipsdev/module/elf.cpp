#include "slipsdev/module/elf.hpp"

#include <slips/detail/dialect.hpp>

#include <cstdint>
#include <fstream>
#include <stdexcept>

namespace slipsdev {
namespace {

namespace fs = std::filesystem;

// Numbers of the ELF format.
constexpr std::uint64_t segment_load = 1, segment_dynamic = 2, segment_interpreter = 3;
constexpr std::uint64_t tag_end = 0, tag_needed = 1, tag_strings = 5, tag_provided = 0x6ffffffc,
                        tag_provided_count = 0x6ffffffd, tag_versions = 0x6ffffffe, tag_versions_count = 0x6fffffff;
constexpr std::size_t max_entries = 4096;  ///< of any table; a damaged file may have endless ones

struct Damaged : std::runtime_error {
    Damaged() : std::runtime_error("a damaged ELF file") {}
};

/// Reads numbers and texts at offsets of the file. Throws Damaged beyond its end.
class Reader {
public:
    explicit Reader(std::string_view contents)
        : contents_(contents), is_wide_(contents.size() > 5 && contents[4] == 2),
          is_big_(contents.size() > 5 && contents[5] == 2) {}

    bool is_wide() const { return is_wide_; }

    std::uint64_t number(std::uint64_t offset, std::size_t size) const {
        if (offset > contents_.size() || size > contents_.size() - offset) throw Damaged();
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < size; ++i) {
            const std::size_t at = static_cast<std::size_t>(offset) + (is_big_ ? i : size - 1 - i);
            value = value << 8 | static_cast<unsigned char>(contents_[at]);
        }
        return value;
    }
    std::uint64_t word(std::uint64_t offset) const { return number(offset, is_wide_ ? 8 : 4); }

    std::string text(std::uint64_t offset) const {
        if (offset >= contents_.size()) throw Damaged();
        const auto begin = static_cast<std::size_t>(offset);
        const std::size_t end = contents_.find('\0', begin);
        if (end == std::string_view::npos) throw Damaged();
        return std::string(contents_.substr(begin, end - begin));
    }

private:
    std::string_view contents_;
    bool is_wide_ = false;  ///< 64 bits
    bool is_big_ = false;   ///< the first byte of a number is its highest
};

/// A part of the file that is loaded into memory.
struct Segment {
    std::uint64_t offset, address, size;
};

std::uint64_t offset_of(const std::vector<Segment>& loaded, std::uint64_t address) {
    for (const Segment& segment : loaded)
        if (address >= segment.address && address - segment.address < segment.size)
            return segment.offset + (address - segment.address);
    throw Damaged();
}

Elf parse(const Reader& file) {
    const bool wide = file.is_wide();
    Elf elf;
    elf.bits = wide ? 64 : 32;
    elf.machine = static_cast<int>(file.number(18, 2));
    const std::uint64_t headers = file.word(wide ? 32 : 28);
    const std::uint64_t header_size = file.number(wide ? 54 : 42, 2), header_count = file.number(wide ? 56 : 44, 2);
    std::vector<Segment> loaded;
    std::optional<std::uint64_t> dynamic;
    bool has_interpreter = false;
    for (std::uint64_t i = 0; i < header_count; ++i) {
        const std::uint64_t at = headers + i * header_size;
        const std::uint64_t type = file.number(at, 4);
        const Segment segment{file.word(at + (wide ? 8 : 4)), file.word(at + (wide ? 16 : 8)),
                              file.word(at + (wide ? 32 : 16))};
        if (type == segment_load) loaded.push_back(segment);
        if (type == segment_dynamic) dynamic = segment.offset;
        if (type == segment_interpreter) has_interpreter = true;
    }
    std::map<std::uint64_t, std::uint64_t> tags;
    bool has_libraries = false;
    const std::uint64_t word_size = wide ? 8 : 4;
    for (std::size_t i = 0; dynamic && i < max_entries; ++i) {
        const std::uint64_t at = *dynamic + i * 2 * word_size;
        const std::uint64_t tag = file.word(at);
        if (tag == tag_end) break;
        has_libraries = has_libraries || tag == tag_needed;
        tags[tag] = file.word(at + word_size);
    }
    elf.is_static = !has_libraries && !has_interpreter;
    if (!tags.contains(tag_strings)) return elf;
    const std::uint64_t strings = offset_of(loaded, tags[tag_strings]);

    // Each entry is 16 or 20 bytes long in either width; the names of its versions follow from its own offset.
    if (tags.contains(tag_versions)) {
        std::uint64_t library = offset_of(loaded, tags[tag_versions]);
        for (std::uint64_t i = 0; i < tags[tag_versions_count] && i < max_entries; ++i) {
            std::uint64_t version = library + file.number(library + 8, 4);
            const std::uint64_t count = file.number(library + 2, 2);
            for (std::uint64_t j = 0; j < count; ++j) {
                elf.needed_versions.push_back(file.text(strings + file.number(version + 8, 4)));
                version += file.number(version + 12, 4);
            }
            library += file.number(library + 12, 4);
        }
    }
    if (tags.contains(tag_provided)) {
        std::uint64_t version = offset_of(loaded, tags[tag_provided]);
        for (std::uint64_t i = 0; i < tags[tag_provided_count] && i < max_entries; ++i) {
            elf.provided_versions.push_back(
                file.text(strings + file.number(version + file.number(version + 12, 4), 4)));
            version += file.number(version + 16, 4);
        }
    }
    return elf;
}

}  // namespace

std::optional<Elf> parse_elf(std::string_view contents) {
    if (!contents.starts_with("\x7f"
                              "ELF"))
        return std::nullopt;
    try {
        return parse(Reader(contents));
    } catch (const Damaged&) {
        return std::nullopt;
    }
}

std::optional<Elf> read_elf(const fs::path& path) {
    std::error_code error;
    constexpr std::uintmax_t largest = 1 << 30;
    if (!fs::is_regular_file(path, error) || fs::file_size(path, error) > largest)
        return std::nullopt;  // a pipe would wait
    std::ifstream in(path, std::ios::binary);
    std::string magic(4, '\0');
    if (!in.read(magic.data(), 4) || magic != "\x7f"
                                              "ELF")
        return std::nullopt;
    std::string contents(static_cast<std::size_t>(fs::file_size(path, error)), '\0');
    in.seekg(0);
    if (!in.read(contents.data(), static_cast<std::streamsize>(contents.size()))) return std::nullopt;
    return parse_elf(contents);
}

std::string newest_version(const std::vector<std::string>& versions, std::string_view family) {
    std::string newest;
    for (const std::string_view version : versions) {
        if (!version.starts_with(family) || version.size() < family.size() + 2 || version[family.size()] != '_')
            continue;
        const std::string_view number = version.substr(family.size() + 1);
        if (number.find_first_not_of("0123456789.") != std::string_view::npos) continue;  // GLIBC_PRIVATE
        if (newest.empty() || slips::newer_version(number, newest)) newest = number;
    }
    return newest;
}

std::optional<Elf> library_for(const Elf& program, const std::string& name) {
    std::error_code error;
    std::vector<fs::path> folders{"/lib64", "/usr/lib64", "/lib", "/usr/lib", "/lib32", "/usr/lib32"};
    for (const char* above : {"/lib", "/usr/lib"})  // Debian's folder of each kind of machine
        for (const auto& entry : fs::directory_iterator(above, error))
            if (entry.path().filename().string().find("-linux-gnu") != std::string::npos)
                folders.push_back(entry.path());
    for (const fs::path& folder : folders)
        if (auto library = read_elf(folder / name);
            library && library->machine == program.machine && library->bits == program.bits)
            return library;
    return std::nullopt;
}

}  // namespace slipsdev
