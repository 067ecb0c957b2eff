require 'json'
require 'oauth2'
require 'uri'

AUTH_SCHEMES = { 'client_secret_basic' => :basic_auth, 'client_secret_post' => :request_body }.freeze

CLIENT = OAuth2::Client.new(
  ENV.fetch('CLIENT_ID'),
  ENV.fetch('CLIENT_SECRET'),
  site: ENV.fetch('VIDEOCALL_URL'),
  token_url: '/o/token/',
  auth_scheme: AUTH_SCHEMES.fetch(ENV.fetch('CLIENT_AUTH'))
)

def get_token
  parameters = URI.decode_www_form(ENV.fetch('PARAMETERS', '')).to_h
  { token: CLIENT.client_credentials.get_token(parameters).token }
end

# Version 1 of the library has no revocation, but a request of any kind raises the same errors.
def revoke(token)
  form = OAuth2::Authenticator.new(CLIENT.id, CLIENT.secret, CLIENT.options[:auth_scheme]).apply('token' => token)
  headers = form.delete(:headers)
  CLIENT.request(:post, '/o/revoke_token/', body: form, headers: headers)
  { revoked: true }
end

begin
  seen = ARGV.empty? ? get_token : revoke(ARGV.first)
rescue OAuth2::Error => e
  seen = { error: e.code, status: e.response.status, raised: e.class.name }
end
puts seen.to_json
