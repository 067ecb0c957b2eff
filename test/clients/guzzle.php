<?php
require '/usr/share/php/GuzzleHttp/autoload.php';

use GuzzleHttp\Client;
use GuzzleHttp\Exception\RequestException;

function post(string $path, array $fields): ?array
{
    $credentials = ['client_id' => getenv('CLIENT_ID'), 'client_secret' => getenv('CLIENT_SECRET')];
    $client = new Client(['base_uri' => getenv('VIDEOCALL_URL')]);
    $answer = $client->post($path, getenv('CLIENT_AUTH') === 'client_secret_basic'
        ? ['auth' => array_values($credentials), 'form_params' => $fields]
        : ['form_params' => $fields + $credentials]);
    return json_decode($answer->getBody(), true);
}

parse_str(getenv('PARAMETERS') ?: '', $parameters);
try {
    if (isset($argv[1])) {
        post('/o/revoke_token/', ['token' => $argv[1]]);
        $seen = ['revoked' => true];
    } else {
        $seen = ['token' => post('/o/token/', $parameters + ['grant_type' => 'client_credentials'])['access_token']];
    }
} catch (RequestException $error) {
    $answer = $error->getResponse();
    $seen = [
        'error' => json_decode($answer->getBody(), true)['error'],
        'status' => $answer->getStatusCode(),
        'raised' => basename(str_replace('\\', '/', get_class($error))),
    ];
}
echo json_encode($seen);
