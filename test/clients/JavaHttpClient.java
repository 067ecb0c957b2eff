import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

class JavaHttpClient {
  static final String ID = System.getenv("CLIENT_ID");
  static final String SECRET = System.getenv("CLIENT_SECRET");

  static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  /** An Authenticator would wait for a challenge for Basic, which the service does not send. */
  static String basic() {
    var pair = encode(ID) + ":" + encode(SECRET);
    return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
  }

  static HttpResponse<String> post(String path, Map<String, String> fields) throws Exception {
    var isBasic = System.getenv("CLIENT_AUTH").equals("client_secret_basic");
    var all = new LinkedHashMap<>(fields);
    if (!isBasic) all.putAll(Map.of("client_id", ID, "client_secret", SECRET));
    var form = all.entrySet().stream()
        .map(field -> encode(field.getKey()) + "=" + encode(field.getValue()))
        .collect(Collectors.joining("&"));
    var request = HttpRequest.newBuilder(URI.create(System.getenv("VIDEOCALL_URL") + path))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .POST(HttpRequest.BodyPublishers.ofString(form));
    if (isBasic) request.header("Authorization", basic());
    return HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  static String find(String key, String json) {
    var found = Pattern.compile("\"" + key + "\": \"([^\"]+)\"").matcher(json);
    return found.find() ? found.group(1) : "";
  }

  public static void main(String[] arguments) throws Exception {
    var fields = new LinkedHashMap<>(Map.of("grant_type", "client_credentials"));
    var parameters = System.getenv().getOrDefault("PARAMETERS", "");
    for (var pair : parameters.isEmpty() ? new String[0] : parameters.split("&")) {
      var parts = pair.split("=", 2);
      fields.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
    }
    var answer = arguments.length > 0
        ? post("/o/revoke_token/", Map.of("token", arguments[0]))
        : post("/o/token/", fields);
    var body = answer.body();
    if (answer.statusCode() != 200) {
      // The client raises nothing for a refusal.
      System.out.printf("{\"error\":\"%s\",\"status\":%d,\"raised\":\"nothing\"}%n", find("error", body), answer.statusCode());
    } else {
      System.out.println(arguments.length > 0 ? "{\"revoked\":true}" : "{\"token\":\"" + find("access_token", body) + "\"}");
    }
  }
}
