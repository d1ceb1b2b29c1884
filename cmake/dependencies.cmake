# The packages of Debian 12 that the project stands on; setup.sh installs them.
find_package(Threads REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(yaml-cpp 0.7 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(Boost 1.74 REQUIRED COMPONENTS program_options)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)

# Debian ships SystemC without a CMake package. Its headers count as system headers: our warnings
# are for our code.
find_path(SYSTEMC_INCLUDE_DIR systemc REQUIRED)
find_library(SYSTEMC_LIBRARY systemc REQUIRED)
add_library(mambasic_systemc INTERFACE)
target_include_directories(mambasic_systemc SYSTEM INTERFACE ${SYSTEMC_INCLUDE_DIR})
target_link_libraries(mambasic_systemc INTERFACE ${SYSTEMC_LIBRARY} Threads::Threads)

# oneDNN is used where it is found; without it the exact int8 GEMM runs on our own loops, about 4 times
# slower with AVX-512.
find_package(dnnl QUIET)

# Draws the charts of report.html, which holds a copy of it: a page needs no network.
find_file(CHARTJS chart.min.js PATHS /usr/share/javascript/chart.js NO_DEFAULT_PATH)
if(NOT CHARTJS)
    message(FATAL_ERROR "Chart.js is not there. ./setup.sh installs it (Debian: libjs-chart.js); "
        "elsewhere name the file of Chart.js 3: -DCHARTJS=/folder/chart.min.js")
endif()
