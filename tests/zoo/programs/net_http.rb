# SPDX-License-Identifier: MIT
# net_http.rb URL CA COUNT: net/http GETs the URL on COUNT new connections. One JSON line each with
# the CLOCK_MONOTONIC times around the socket's opening and the handshake.
require 'json'
require 'net/http'

URL, CA, COUNT = ARGV
MARKS = {}

def mark(name)
  MARKS[name] = Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond)
end

# net/http opens its sockets by TCPSocket.open or Socket.tcp, depending on its version.
module TimedOpen
  %i[open tcp].each do |name|
    define_method(name) do |*args, **options|
      mark(:connectStart)
      socket = super(*args, **options)
      mark(:connected)
      MARKS[:localPort] = socket.local_address.ip_port
      socket
    end
  end
end

module TimedHandshake
  def ssl_socket_connect(*)
    mark(:tlsStart)
    super
    mark(:tlsEnd)
  end
end

TCPSocket.singleton_class.prepend(TimedOpen)
Socket.singleton_class.prepend(TimedOpen)
Net::HTTP.prepend(TimedHandshake)

COUNT.to_i.times do
  uri = URI(URL)
  Net::HTTP.start(uri.host, uri.port, use_ssl: true, ca_file: CA) { |http| http.get('/').value }
  puts JSON.generate(MARKS)
end
