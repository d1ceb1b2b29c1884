#include "models/common/counts.h"

#include "models/common/error.h"

namespace mambasic::models {

const char* name_of(Event event) {
    static constexpr std::array<const char*, kEventCount> kNames = {"int8_mac",
                                                                    "int4_mac",
                                                                    "int32_add",
                                                                    "fp32_add",
                                                                    "fp32_mul",
                                                                    "fp32_fma",
                                                                    "fp32_div",
                                                                    "exp",
                                                                    "softplus",
                                                                    "silu",
                                                                    "rsqrt",
                                                                    "quantize_int8",
                                                                    "half_convert",
                                                                    "scale_select",
                                                                    "pack_code",
                                                                    "scale_lookup",
                                                                    "table_read_bytes",
                                                                    "table_state_bytes",
                                                                    "table_compare",
                                                                    "sram_read_bytes",
                                                                    "sram_write_bytes",
                                                                    "state_read_bytes",
                                                                    "state_write_bytes",
                                                                    "dram_read_bytes",
                                                                    "dram_write_bytes",
                                                                    "dram_read_bursts",
                                                                    "dram_write_bursts",
                                                                    "saturated",
                                                                    "flagged"};
    return kNames.at(static_cast<std::size_t>(event));
}

Counts data_counts(const Counts& by_shape, const Counts& counted) {
    Counts of_data;
    Counts of_shape = counted;
    for (std::size_t i = 0; i < kEventCount; ++i) {
        const auto event = static_cast<Event>(i);
        if (!depends_on_data(event)) continue;
        of_data[event] = counted[event];
        of_shape[event] = 0;
    }
    MAMBASIC_CHECK(of_shape == by_shape, "a function counted what its shape does not give");
    return of_data;
}

}  // namespace mambasic::models
