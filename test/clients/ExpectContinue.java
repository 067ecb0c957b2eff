import java.io.FileInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Requests a token and waits for "100 Continue" before the body. Prints version, status and body. */
public class ExpectContinue {
  static SSLContext trust(String file) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (FileInputStream pem = new FileInputStream(file)) {
      store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(pem));
    }
    TrustManagerFactory trusted = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trusted.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trusted.getTrustManagers(), null);
    return context;
  }

  public static void main(String[] arguments) throws Exception {
    HttpClient client = HttpClient.newBuilder()
        .version(HttpClient.Version.valueOf(arguments[1]))
        .sslContext(trust(System.getenv("CA_FILE")))
        .build();
    String form = "grant_type=client_credentials&client_id=" + System.getenv("CLIENT_ID")
        + "&client_secret=" + System.getenv("CLIENT_SECRET");
    HttpRequest request = HttpRequest.newBuilder(URI.create(arguments[0] + "/o/token/"))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .expectContinue(true)
        .timeout(Duration.ofSeconds(30))
        .POST(HttpRequest.BodyPublishers.ofString(form))
        .build();
    HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
    System.out.println(answer.version() + " " + answer.statusCode() + " " + answer.body());
  }
}
