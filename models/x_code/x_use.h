// How a layer's x is coded and who reads it, and which of its scales each of them needs.
#pragma once

#include <vector>

#include "models/x_code/x_columns.h"
#include "traces/x_code.h"

namespace mambasic::models {

struct XUse {
    traces::XCode code;
    bool feeds_x_proj = false;  // Mamba1
    traces::XProjInput x_proj = traces::XProjInput::Copy;

    /// int8 codes, whatever multiplies them: x_proj and the SSM read the same ones.
    bool int8() const {
        return code.format == traces::XFormat::Int8 || code.format == traces::XFormat::Uniform8;
    }
    /// x_proj's codes are made beside the SSM's.
    bool copied() const { return reads(traces::XProjInput::Copy); }
    /// They are made from the SSM's, where x_proj reads them.
    bool requantized() const { return reads(traces::XProjInput::Requantized); }
    /// x_proj multiplies the SSM's codes.
    bool multiplied() const { return reads(traces::XProjInput::Codes); }

private:
    bool reads(traces::XProjInput input) const {
        return feeds_x_proj && !int8() && x_proj == input;
    }
};

/// One for each code that a layer of the network has; a chip has no part that none of them needs.
using XUses = std::vector<XUse>;

/// What a run of lookups asks for.
XColumns conv_columns(const XUse& use);
XColumns ssm_columns(const XUse& use);
XColumns x_proj_columns(const XUse& use);  // none but where it requantizes
/// What the table stores: all of these.
XColumns table_columns(const XUse& use);

}  // namespace mambasic::models
