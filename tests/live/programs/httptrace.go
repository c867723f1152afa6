// SPDX-License-Identifier: MIT

// httptrace CA URL COUNT: GETs the URL on COUNT new connections and prints, one JSON line each, what
// net/http/httptrace said, on CLOCK_MONOTONIC. Go has its own TLS: nothing of OpenSSL is in here.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"strconv"
	"syscall"
	"unsafe"
)

type marks struct {
	Pid          int    `json:"pid"`
	LocalPort    int    `json:"localPort"`
	DNSStart     int64  `json:"dnsStart"`
	DNSDone      int64  `json:"dnsDone"`
	ConnectStart int64  `json:"connectStart"`
	Connected    int64  `json:"connected"`
	TLSStart     int64  `json:"tlsStart"`
	TLSEnd       int64  `json:"tlsEnd"`
	WroteRequest int64  `json:"wroteRequest"`
	FirstByte    int64  `json:"firstByte"`
	BodyEnd      int64  `json:"bodyEnd"`
	Status       int    `json:"status"`
	Protocol     string `json:"protocol"`
}

func now() int64 {
	const clockMonotonic = 1
	var t syscall.Timespec
	syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&t)), 0)
	return t.Nano()
}

func get(url string, config *tls.Config) marks {
	m := marks{Pid: os.Getpid()}
	trace := &httptrace.ClientTrace{
		DNSStart:          func(httptrace.DNSStartInfo) { m.DNSStart = now() },
		DNSDone:           func(httptrace.DNSDoneInfo) { m.DNSDone = now() },
		ConnectStart:      func(_, _ string) { m.ConnectStart = now() },
		ConnectDone:       func(_, _ string, _ error) { m.Connected = now() },
		TLSHandshakeStart: func() { m.TLSStart = now() },
		TLSHandshakeDone: func(state tls.ConnectionState, _ error) {
			m.TLSEnd = now()
			m.Protocol = state.NegotiatedProtocol
		},
		WroteRequest:         func(httptrace.WroteRequestInfo) { m.WroteRequest = now() },
		GotFirstResponseByte: func() { m.FirstByte = now() },
		GotConn: func(info httptrace.GotConnInfo) {
			m.LocalPort = info.Conn.LocalAddr().(*net.TCPAddr).Port
		},
	}
	request, err := http.NewRequest("GET", url, nil)
	if err != nil {
		log.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: config.Clone(), ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	request = request.WithContext(httptrace.WithClientTrace(request.Context(), trace))
	response, err := transport.RoundTrip(request)
	if err != nil {
		log.Fatal(err)
	}
	io.Copy(io.Discard, response.Body)
	response.Body.Close()
	m.BodyEnd, m.Status = now(), response.StatusCode
	return m
}

func main() {
	pem, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	count, err := strconv.Atoi(os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	config := &tls.Config{RootCAs: x509.NewCertPool()}
	config.RootCAs.AppendCertsFromPEM(pem)
	for i := 0; i < count; i++ {
		json.NewEncoder(os.Stdout).Encode(get(os.Args[2], config))
	}
}
