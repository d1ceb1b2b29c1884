#include "traces/synth/embedding.h"

#include "traces/synth/quantize.h"
#include "traces/synth/threads.h"
#include "traces/synth/w4.h"

namespace mambasic::traces::synth {

namespace {

arith::Half quantize_w8(const std::vector<float>& row, std::int8_t* codes) {
    const float scale = embedding_scale(row.data(), row.size());
    for (std::size_t i = 0; i < row.size(); ++i) codes[i] = weight_code(row[i], scale);
    return arith::to_half(scale);
}

arith::Half quantize_w4(const std::vector<float>& row, std::int8_t* codes, std::uint8_t* nibbles) {
    const float scale = w4_embedding_scale(row.data(), row.size());
    std::vector<std::uint8_t> unsigned_codes(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
        unsigned_codes[i] = w4_embedding_code(row[i], scale);
        codes[i] = static_cast<std::int8_t>(unsigned_codes[i] - 8);
    }
    pack_nibbles(unsigned_codes.data(), row.size(), nibbles);
    return arith::to_half(scale);
}

}  // namespace

Embedding::Embedding(const WeightOptions& weights, Precision precision) {
    const std::size_t width = weights.dims.d_model;
    const bool w4 = precision == Precision::W4A8;
    codes_.resize(weights.dims.vocab * width);
    scales_.resize(weights.dims.vocab);
    if (w4) nibbles_.resize(codes_.size() / 2);
#pragma omp parallel if (codes_.size() >= kWorthThreads)
    {
        std::vector<float> row;
#pragma omp for schedule(static)
        for (std::uint32_t token = 0; token < weights.dims.vocab; ++token) {
            draw_embedding_row(weights, token, row);
            std::int8_t* codes = codes_.data() + token * width;
            scales_[token] = w4 ? quantize_w4(row, codes, nibbles_.data() + token * width / 2)
                                : quantize_w8(row, codes);
        }
    }
}

Head Embedding::head() const {
    Head out;
    out.embedding_weight = codes_.data();
    out.embedding_scales = scales_.data();
    return out;
}

void Embedding::add_to(Pieces& pieces) const {
    const std::string weight = "backbone.embedding.weight";
    nibbles_.empty() ? pieces.add(weight, codes_) : pieces.add(weight, nibbles_);
    pieces.add("backbone.embedding.scales", scales_);
}

}  // namespace mambasic::traces::synth
