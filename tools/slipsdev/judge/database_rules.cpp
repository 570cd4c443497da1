#include "slipsdev/judge/database_rules.hpp"

#include "slipsdev/text/python_json.hpp"

namespace slipsdev {
namespace {

/// Returns what is wrong with the object that the cache holds for an address; "" if nothing.
std::string fault_of_facts(const std::string& text, const RedisLayout& layout) {
    std::string why;
    const auto facts = parse_json(text, why);
    if (!facts || !facts->is_object()) return "is not a JSON object";
    const Json* score = find_member(*facts, "score");
    const Json* confidence = find_member(*facts, "confidence");
    if (score != nullptr && !score->is_number()) return "has a score that is not a number";
    if (confidence == nullptr) return score == nullptr ? "" : "has a score without a confidence";
    const bool is_text =
        confidence->is_string() && confidence->get_ref<const std::string&>().starts_with("confidence: ");
    if (layout.confidence_text ? !is_text : !confidence->is_number())
        return std::string("has a confidence that is not ") +
               (layout.confidence_text ? "the text \"confidence: <number>\"" : "a number");
    return "";
}

}  // namespace

std::vector<std::string> database_faults(RedisClient& main, RedisClient& cache, const Release& release) {
    std::vector<std::string> faults;
    const std::string profiles = main.command({"TYPE", "profiles"}).text;
    const std::string expected = release.redis.sorted_profiles ? "zset" : "set";
    if (profiles != "none" && profiles != expected)
        faults.push_back("profiles is a " + profiles + ", but Slips " + release.text + " has a " + expected);
    const bool has_objects = cache.command({"EXISTS", "IPsInfo"}).integer == 1;
    const auto by_fact = cache.command({"KEYS", "IPsInfo:*"}).items;
    if (release.redis.facts_apart && has_objects)
        faults.push_back("the cache holds IPsInfo, but Slips " + release.text + " keeps each fact in IPsInfo:<fact>");
    if (!release.redis.facts_apart && !by_fact.empty())
        faults.push_back("the cache holds " + by_fact.front().text + ", but Slips " + release.text +
                         " keeps the facts about an address in one object of IPsInfo");
    if (release.redis.facts_apart || !has_objects) return faults;
    const Reply all = cache.command({"HGETALL", "IPsInfo"});
    for (std::size_t i = 0; i + 1 < all.items.size(); i += 2)
        if (const std::string fault = fault_of_facts(all.items[i + 1].text, release.redis); !fault.empty())
            faults.push_back("IPsInfo of " + all.items[i].text + " in the cache " + fault);
    return faults;
}

}  // namespace slipsdev
