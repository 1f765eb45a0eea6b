module pytest-cna/tools/confd

go 1.22.0

require github.com/abtreece/confd v0.30.0
