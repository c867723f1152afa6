// SPDX-License-Identifier: MIT

// Clients.java httpclient|socket URL CA COUNT: GETs the URL on COUNT new connections. For SSLSocket, one
// JSON line each with the CLOCK_MONOTONIC times around its calls; HttpClient has nothing to say of its
// connections.
import java.io.FileInputStream;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

public class Clients {
    static SSLContext trusting(String file) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream pem = new FileInputStream(file)) {
            store.setCertificateEntry("zoo", CertificateFactory.getInstance("X.509").generateCertificate(pem));
        }
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }

    static void byHttpClient(URI url, SSLContext context) throws Exception {
        HttpClient client = HttpClient.newBuilder().sslContext(context).build();
        HttpRequest request = HttpRequest.newBuilder(url).build();
        if (client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode() != 200) System.exit(1);
    }

    static void bySocket(URI url, SSLContext context) throws Exception {
        InetAddress address = InetAddress.getByName(url.getHost());
        Socket plain = new Socket();
        plain.setTcpNoDelay(true); // else Nagle holds back the Finished until the CCS is acknowledged
        long connectStart = System.nanoTime(); // CLOCK_MONOTONIC
        plain.connect(new InetSocketAddress(address, 443));
        long connected = System.nanoTime();
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, url.getHost(), 443, true);
        long tlsStart = System.nanoTime();
        socket.startHandshake();
        long tlsEnd = System.nanoTime();
        socket.getOutputStream().write(("GET / HTTP/1.0\r\nHost: " + url.getHost() + "\r\n\r\n").getBytes());
        socket.getInputStream().readAllBytes();
        System.out.printf(
                "{\"localPort\":%d,\"connectStart\":%d,\"connected\":%d,\"tlsStart\":%d,\"tlsEnd\":%d}%n",
                socket.getLocalPort(), connectStart, connected, tlsStart, tlsEnd);
        socket.close();
    }

    public static void main(String[] args) throws Exception {
        SSLContext context = trusting(args[2]);
        for (int i = 0; i < Integer.parseInt(args[3]); i++) {
            if (args[0].equals("socket")) bySocket(URI.create(args[1]), context);
            else byHttpClient(URI.create(args[1]), context);
        }
        System.exit(0); // HttpClient's threads would stay a minute
    }
}
