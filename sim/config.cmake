# Chip and scheme files: composition, parsing, explanation. No SystemC.
add_library(mambasic_config STATIC
    chip_config.cpp
    clock_check.cpp
    commands/explain.cpp
    commands/key_effects.cpp
    commands/shipped_schemes.cpp
    config_files.cpp
    config_hash.cpp
    config_kind.cpp
    data_folders.cpp
    file_kind.cpp
    key_names.cpp
    require_key.cpp
    run_info.cpp
    scheme.cpp
    scheme_code.cpp
    scheme_settings.cpp
    shell_words.cpp
    stages.cpp)
target_compile_definitions(mambasic_config PRIVATE
    MAMBASIC_SOURCE_TREE="${PROJECT_SOURCE_DIR}")
target_link_libraries(mambasic_config PUBLIC mambasic_models mambasic_traces)
