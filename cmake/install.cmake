# cmake --install: the program, the YAML files that it finds by name, and what it writes about itself:
# the manual page, the shells' completions and the schemas of its files.
include(GNUInstallDirs)

set(data ${CMAKE_INSTALL_DATADIR}/mambasic)
install(TARGETS mambasic RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY hw_config DESTINATION ${data}
    FILES_MATCHING PATTERN "*.yaml" PATTERN "*.schema.json")
install(DIRECTORY traces/networks DESTINATION ${data}/traces FILES_MATCHING PATTERN "*.yaml")

# What the program prints for `words` becomes the file `name` in the folder.
function(install_output folder name)
    string(REPLACE ";" " " words "${ARGN}")
    install(CODE "
        set(to \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${folder}\")
        file(MAKE_DIRECTORY \"\${to}\")
        message(STATUS \"Installing: \${to}/${name}\")
        execute_process(COMMAND \"$<TARGET_FILE:mambasic>\" ${words}
            OUTPUT_FILE \"\${to}/${name}\" COMMAND_ERROR_IS_FATAL ANY)")
endfunction()

install_output(${CMAKE_INSTALL_MANDIR}/man1 mambasic.1 man)
install_output(${CMAKE_INSTALL_DATADIR}/bash-completion/completions mambasic completion bash)
install_output(${CMAKE_INSTALL_DATADIR}/zsh/site-functions _mambasic completion zsh)
foreach(kind report compare) # those of hw_config lie there
    install_output(${data}/schema ${kind}.schema.json schema ${kind})
endforeach()
