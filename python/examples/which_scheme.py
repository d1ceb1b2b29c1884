"""Which scheme should my chip use? The question of the tutorial, in twenty lines of Python.

python3 python/examples/which_scheme.py traces/samples/tiny2-prefill.safetensors
"""

import sys

import mambasic

SCHEMES = ["quamba1", "quamba2", "quamba2-direct", "w4a5-se"]
SHOWN = ["cycles", "energy_pj.value", "area_mm2.value", "dram_bytes", "ssm_input_sqnr_db"]
ENOUGH_DB = 30.0


def main(trace):
    made = mambasic.compare(trace, SCHEMES, chip="edge-32x32")
    schemes = made.schemes
    print(schemes[SHOWN].to_string())
    good = schemes[schemes["ssm_input_sqnr_db"] >= ENOUGH_DB]
    choice = (good if len(good) else schemes)["energy_pj.value"].idxmin()
    print(f"\nleast energy with {ENOUGH_DB:.0f} dB at the SSM input: {choice}")

    report = mambasic.run("edge-32x32", trace, scheme="quamba2")
    blocks = report.blocks.sort_values("energy_pj.value", ascending=False)
    print("\nwhere quamba2's energy goes:")
    print((blocks["energy_pj.value"] / report.totals["energy_pj.value"]).head(4).to_string())

    tensors = mambasic.open_trace(trace)
    weights = [name for name in tensors if name.endswith("in_proj.weight")]
    print(
        f"\n{len(tensors)} tensors in {tensors.metadata.get('model', trace)}, among them", weights
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
