// How many bursts the memory's controllers serve in a second of CPU time, for every card and
// several kinds of traffic, without SystemC; and how many times longer that takes than finding the
// bursts' places alone, which is the part that a busy machine changes least. The last memory cycle
// stands beside them: it may not move. Best of several repetitions.
//
//   bench_dram [KiB a request]      default 64
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <list>
#include <random>
#include <string>
#include <vector>

#include "models/dram/dram_controller.h"
#include "models/dram/dram_map.h"

namespace {

using namespace mambasic::models;

constexpr std::uint64_t kBursts = 1U << 18U;
constexpr int kRepetitions = 5;

struct Request {
    std::uint64_t address = 0;
    bool write = false;
};
using Traffic = std::function<Request(std::uint64_t index, std::uint64_t bytes)>;

/// As a chip does: every channel gets all bursts of a request, the next request comes when all of
/// these are in the queues.
DramCycle serve(const DramConfig& config, const Traffic& traffic, std::uint64_t bytes) {
    const DramMap map(config);
    std::vector<DramController> channels(config.organization.channels, DramController(config));
    const std::uint64_t burst = config.organization.burst_bytes;
    std::list<DramJob> jobs;
    DramCycle now = 0;
    const auto go = [&](bool to_the_end) {
        while (to_the_end || jobs.back().to_enter > 0) {
            DramController* first = nullptr;
            for (DramController& c : channels) {
                if (c.has_work() && (first == nullptr || c.next() < first->next())) first = &c;
            }
            if (first == nullptr) return;
            now = first->next();
            first->step();
        }
    };
    for (std::uint64_t i = 0; i < kBursts * burst / bytes; ++i) {
        const Request request = traffic(i, bytes);
        jobs.push_back({bytes / burst, bytes / burst, 0, 0});
        for (DramController& c : channels) {
            while (!c.has_work() && c.next() <= now) c.step();
        }
        for (std::uint64_t b = 0; b < bytes; b += burst) {
            const DramPlace place = map.place(request.address + b);
            channels[place.channel].add(place, request.write, now + 1, jobs.back());
        }
        go(false);
    }
    go(true);
    return now;
}

std::uint64_t places(const DramConfig& config, const Traffic& traffic, std::uint64_t bytes) {
    const DramMap map(config);
    const std::uint64_t burst = config.organization.burst_bytes;
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < kBursts * burst / bytes; ++i) {
        const Request request = traffic(i, bytes);
        for (std::uint64_t b = 0; b < bytes; b += burst) sum += map.place(request.address + b).bank;
    }
    return sum;
}

double best_seconds(const std::function<void()>& work) {
    double best = 1e9;
    for (int i = 0; i < kRepetitions; ++i) {
        const std::clock_t start = std::clock();
        work();
        best = std::min(best, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
    }
    return best;
}

struct Named {
    const char* name;
    Traffic traffic;
};

std::vector<Named> all_traffic() {
    constexpr std::uint64_t kApart = 1U << 26U;
    return {{"read",
             [](auto i, auto bytes) {
                 return Request{i * bytes, false};
             }},
            {"written",
             [](auto i, auto bytes) {
                 return Request{i * bytes, true};
             }},
            {"2 read, 1 written",
             [](auto i, auto bytes) {
                 return Request{i % 3 * kApart + i / 3 * bytes, i % 3 == 2};
             }},
            {"anywhere", [](auto i, auto bytes) {
                 std::mt19937_64 random(i);
                 return Request{random() % (1U << 14U) * bytes, random() % 4 == 0};
             }}};
}

}  // namespace

int main(int argc, char** argv) {
    const std::uint64_t bytes = (argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 64) * 1024;
    volatile std::uint64_t sink = 0;
    DramCycle last = 0;
    std::printf("%-17s %-18s %10s %16s %12s\n", "card", "traffic", "Mbursts/s", "times its places",
                "last cycle");
    for (const char* card : {"ddr4-3200", "lpddr4x-4266-x64", "lpddr5-6400-x64", "hbm2"}) {
        const std::string file = std::string(MAMBASIC_SOURCE "/hw_config/dram/") + card + ".yaml";
        const DramConfig config = DramConfig::parse(YamlMap::from_file(file));
        for (const Named& named : all_traffic()) {
            const double s = best_seconds([&] { last = serve(config, named.traffic, bytes); });
            const double floor = best_seconds([&] { sink = places(config, named.traffic, bytes); });
            std::printf("%-17s %-18s %10.2f %16.1f %12lld\n", card, named.name,
                        static_cast<double>(kBursts) / s / 1e6, s / floor,
                        static_cast<long long>(last));
        }
    }
    return 0;
}
