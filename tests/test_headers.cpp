// Only the precompiled headers of tests/CMakeLists.txt.
