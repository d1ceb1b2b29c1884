#include "traces/synth/stored_linear.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "traces/synth/grouping.h"
#include "traces/synth/quantize.h"
#include "traces/synth/threads.h"
#include "traces/synth/w4.h"

namespace mambasic::traces::synth {

namespace {

constexpr std::uint32_t kW8Rows = 16;  // n is padded to a multiple
constexpr std::uint32_t kW4Rows = 64;
constexpr float kPaddingStep = 1e-6F;  // upstream's s_channel of a row that is not there

float largest_of(const WeightRows& rows, std::uint32_t first, std::uint32_t end) {
    float largest = 0;
#pragma omp parallel if (std::size_t{end - first} * rows.k >= kWorthThreads)
    {
        std::vector<float> scratch;
#pragma omp for schedule(static) reduction(max : largest)
        for (std::uint32_t n = first; n < end; ++n) {
            const float* row = rows.row(n, scratch);
            for (std::uint32_t k = 0; k < rows.k; ++k) {
                largest = std::max(largest, std::fabs(row[k]));
            }
        }
    }
    return largest;
}

float quotient(float a, float b) {
    return static_cast<float>(static_cast<double>(a) / static_cast<double>(b));
}

}  // namespace

StoredLinear::StoredLinear(Precision precision, const WeightRows& rows,
                           std::vector<std::uint32_t> section_ends)
    : section_ends_(std::move(section_ends)) {
    const bool w4 = precision == Precision::W4A8;
    const std::uint32_t step = w4 ? kW4Rows : kW8Rows;
    linear_.n = rows.n;
    linear_.n_padded = (rows.n + step - 1) / step * step;
    linear_.k = rows.k;
    linear_.kind = section_ends_.size() == 1 ? LinearKind::W8 : LinearKind::W8Columns;
    if (w4) linear_.kind = LinearKind::W4;
    weight_.assign(std::size_t{linear_.n_padded} * rows.k, 0);
    w4 ? quantize_w4(rows) : quantize_w8(rows);
}

StoredLinear::StoredLinear(Precision precision, const WeightRows& rows)
    : StoredLinear(precision, rows, {rows.n}) {}

StoredLinear::StoredLinear(const Linear& source, const W4Linear* codes,
                           std::vector<std::uint32_t> order)
    : linear_(source) {
    for (std::uint32_t n = source.n; n < source.n_padded; ++n) order.push_back(n);
    linear_.weight = nullptr;
    linear_.column = nullptr;
    linear_.owner = nullptr;
    weight_ = reordered(source.weight, source.k, order);
    if (source.kind == LinearKind::W8) {
        section_scales_ = {source.b};
    } else {
        column_ = reordered(source.column, 1, order);
    }
    if (source.kind == LinearKind::W4) s_channel_ = column_;
    if (codes != nullptr) reorder_codes(*codes, order);
}

void StoredLinear::reorder_codes(const W4Linear& codes, const std::vector<std::uint32_t>& order) {
    const std::size_t k = codes.k;
    nibbles_.resize(order.size() * k / 2);
    std::vector<std::uint8_t> row(k);
    for (std::size_t n = 0; n < order.size(); ++n) {
        for (std::uint32_t i = 0; i < k; ++i) {
            row[i] = static_cast<std::uint8_t>(codes.code(order[n], i) + 8);
        }
        pack_nibbles(row.data(), k, nibbles_.data() + n * k / 2);
    }
    for (std::uint32_t group = 0; group < k / kW4Group; ++group) {
        for (const std::uint32_t from : order) {
            s_group_.push_back(arith::to_half(codes.group_scale(group, from)));
        }
    }
}

void StoredLinear::quantize_w8(const WeightRows& rows) {
    std::uint32_t first = 0;
    for (const std::uint32_t end : section_ends_) {
        const float scale = weight_scale(largest_of(rows, first, end));
        section_scales_.push_back(scale);
#pragma omp parallel if (std::size_t{end - first} * rows.k >= kWorthThreads)
        {
            std::vector<float> scratch;
#pragma omp for schedule(static)
            for (std::uint32_t n = first; n < end; ++n) {
                const float* row = rows.row(n, scratch);
                std::int8_t* codes = weight_.data() + std::size_t{n} * rows.k;
                for (std::uint32_t k = 0; k < rows.k; ++k) codes[k] = weight_code(row[k], scale);
            }
        }
        first = end;
    }
}

void StoredLinear::quantize_w4(const WeightRows& rows) {
    const std::size_t padded = linear_.n_padded;
    const std::size_t k = rows.k;
    nibbles_.assign(padded * k / 2, 0);
    s_group_.assign(k / kW4Group * padded, 0);
    s_channel_.assign(padded, kPaddingStep);
#pragma omp parallel if (padded * k >= kWorthThreads)
    {
        std::vector<float> scratch;
#pragma omp for schedule(static)
        for (std::uint32_t n = 0; n < rows.n; ++n) {
            const W4Row row = quantize_w4_row(rows.row(n, scratch), k);
            pack_nibbles(row.codes.data(), k, nibbles_.data() + n * k / 2);
            s_channel_[n] = row.s_channel;
            for (std::size_t g = 0; g < row.s_group.size(); ++g) {
                s_group_[g * padded + n] = row.s_group[g];
            }
            for (std::size_t i = 0; i < k; ++i) {
                weight_[n * k + i] = expanded_w4(row.codes[i], row.s_group[i / kW4Group]);
            }
        }
    }
}

void StoredLinear::set_int8_factors(float input_scale, const std::vector<float>& output_scales) {
    linear_.a = input_scale;
    if (linear_.kind == LinearKind::W8) {
        const float weight = section_scales_.front();
        linear_.a = quotient(input_scale, output_scales.front());
        linear_.b = weight;
        linear_.alpha = weight * input_scale / output_scales.front();
    } else {
        set_column(output_scales);
    }
}

void StoredLinear::set_column(const std::vector<float>& output_scales) {
    column_.resize(linear_.n_padded);
    std::size_t section = 0;
    for (std::uint32_t n = 0; n < linear_.n_padded; ++n) {
        // What is beyond the last section counts to it.
        while (section + 1 < section_ends_.size() && n >= section_ends_[section]) ++section;
        column_[n] = linear_.kind == LinearKind::W4
                         ? s_channel_[n] / output_scales[section]
                         : quotient(section_scales_[section], output_scales[section]);
    }
}

void StoredLinear::set_half_factors(float input_scale) {
    linear_.a = input_scale;
    if (linear_.kind == LinearKind::W4) {
        column_ = s_channel_;
        return;
    }
    linear_.b = section_scales_.front();
    linear_.alpha = linear_.b * input_scale;
}

void StoredLinear::change_input_scale(float before, float after, float output_scale) {
    if (linear_.kind == LinearKind::W4) {  // the columns hold the output scale already
        linear_.a = linear_.a == before ? after : linear_.a * (after / before);
        return;
    }
    const bool its_own = linear_.a == quotient(before, output_scale);
    set_int8_factors(its_own ? after : linear_.a * output_scale * (after / before), {output_scale});
}

Linear StoredLinear::view() const {
    Linear out = linear_;
    out.weight = weight_.data();
    if (linear_.kind != LinearKind::W8) out.column = column_.data();
    return out;
}

void StoredLinear::add_to(Pieces& pieces, const std::string& prefix) const {
    if (linear_.kind == LinearKind::W4) {
        pieces.add(prefix + ".weight", nibbles_);
        pieces.add(prefix + ".s_group", s_group_);
        pieces.add(prefix + ".s_channel", column_);
        pieces.add_f32(prefix + ".input_scale", linear_.a);
        return;
    }
    pieces.add(prefix + ".weight", weight_);
    pieces.add_f32(prefix + ".a", linear_.a);
    if (linear_.kind == LinearKind::W8Columns) {
        pieces.add(prefix + ".b", column_);
        return;
    }
    pieces.add_f32(prefix + ".b", linear_.b);
    pieces.add_f64(prefix + ".alpha", static_cast<double>(linear_.alpha));
}

}  // namespace mambasic::traces::synth
