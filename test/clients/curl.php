<?php
function post(string $path, array $fields): array
{
    [$id, $secret] = [getenv('CLIENT_ID'), getenv('CLIENT_SECRET')];
    $isBasic = getenv('CLIENT_AUTH') === 'client_secret_basic';
    $curl = curl_init(getenv('VIDEOCALL_URL') . $path);
    curl_setopt_array($curl, [
        // A text: an array would be sent as multipart.
        CURLOPT_POSTFIELDS => http_build_query($fields + ($isBasic ? [] : ['client_id' => $id, 'client_secret' => $secret])),
        CURLOPT_RETURNTRANSFER => true,
    ] + ($isBasic ? [CURLOPT_USERPWD => "$id:$secret"] : []));
    $body = curl_exec($curl);
    if ($body === false) throw new RuntimeException(curl_error($curl));
    return [curl_getinfo($curl, CURLINFO_RESPONSE_CODE), json_decode($body, true)];
}

parse_str(getenv('PARAMETERS') ?: '', $parameters);
[$status, $answer] = isset($argv[1])
    ? post('/o/revoke_token/', ['token' => $argv[1]])
    : post('/o/token/', $parameters + ['grant_type' => 'client_credentials']);
echo json_encode(match (true) {
    // The extension raises nothing for a refusal.
    $status !== 200 => ['error' => $answer['error'], 'status' => $status, 'raised' => 'nothing'],
    isset($argv[1]) => ['revoked' => true],
    default => ['token' => $answer['access_token']],
});
