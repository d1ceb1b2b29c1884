#include "models/x_code/x_use.h"

#include <initializer_list>

namespace mambasic::models {

namespace {

using traces::FlagRule;
using traces::XFormat;

// What turns codes into numbers again.
XColumns decode_columns(const XUse& use) {
    switch (use.code.format) {
        case XFormat::Int8:
            return {true, false, false, false};
        case XFormat::Dual8:
            return {true, false, true, false};
        case XFormat::Uniform8:
            return {false, false, true, false};
        case XFormat::Dual4:
            return {false, true, true, false};
        case XFormat::Int5:
            return {false, true, false, false};
        default:
            return {false, false, false, false};
    }
}

}  // namespace

XColumns conv_columns(const XUse& use) {
    XColumns columns = decode_columns(use);
    if (use.code.format == XFormat::Uniform8) columns.high = false;
    columns.threshold = use.code.format == XFormat::Dual4 && use.code.rule == FlagRule::Threshold;
    columns.int8 =
        columns.int8 || use.int8() || use.copied() || use.code.format == XFormat::Int8Sim;
    return columns;
}

XColumns ssm_columns(const XUse& use) { return decode_columns(use); }

XColumns x_proj_columns(const XUse& use) {
    if (!use.requantized()) return {false, false, false, false};
    XColumns columns = decode_columns(use);
    columns.int8 = true;
    return columns;
}

XColumns table_columns(const XUse& use) {
    XColumns all = conv_columns(use);
    for (const XColumns& columns : {ssm_columns(use), x_proj_columns(use)}) {
        all.int8 = all.int8 || columns.int8;
        all.low = all.low || columns.low;
        all.high = all.high || columns.high;
        all.threshold = all.threshold || columns.threshold;
    }
    return all;
}

}  // namespace mambasic::models
