package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// routes is whether HAProxy's statistics, as CSV, list a server that may get requests; one in
// maintenance gets none.
func routes(statistics io.Reader, server string) (bool, error) {
	rows := csv.NewReader(statistics)
	rows.FieldsPerRecord = -1
	header, err := rows.Read()
	if err != nil {
		return false, err
	}
	header[0] = strings.TrimPrefix(header[0], "# ")
	name, status := slices.Index(header, "svname"), slices.Index(header, "status")
	if name < 0 || status < 0 {
		return false, errors.New("these are not the statistics of HAProxy")
	}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if len(row) <= max(name, status) {
			return false, fmt.Errorf("a row of HAProxy's statistics has only %d columns", len(row))
		}
		if row[name] == server && !strings.HasPrefix(row[status], "MAINT") {
			return true, nil
		}
	}
}

func askRoutes(ctx context.Context, address, server string) (bool, error) {
	bounded, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(bounded, http.MethodGet, address, nil)
	if err != nil {
		return false, err
	}
	response, err := client.Do(request)
	if err != nil {
		return false, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return false, fmt.Errorf("HTTP status %d", response.StatusCode)
	}
	return routes(response.Body, server)
}
