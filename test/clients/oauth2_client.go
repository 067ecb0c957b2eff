package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// Without a style the package tries Basic, and after a refusal once more with the credentials in the body.
var styles = map[string]oauth2.AuthStyle{
	"client_secret_basic": oauth2.AuthStyleInHeader,
	"client_secret_post":  oauth2.AuthStyleInParams,
}

type seen struct {
	Token   string `json:"token,omitempty"`
	Revoked bool   `json:"revoked,omitempty"`
	Error   string `json:"error,omitempty"`
	Status  int    `json:"status,omitempty"`
	Raised  string `json:"raised,omitempty"`
}

func getToken() (seen, error) {
	parameters, err := url.ParseQuery(os.Getenv("PARAMETERS"))
	if err != nil {
		return seen{}, err
	}
	config := clientcredentials.Config{
		ClientID:       os.Getenv("CLIENT_ID"),
		ClientSecret:   os.Getenv("CLIENT_SECRET"),
		TokenURL:       os.Getenv("VIDEOCALL_URL") + "/o/token/",
		AuthStyle:      styles[os.Getenv("CLIENT_AUTH")],
		EndpointParams: parameters,
	}
	// Each user needs a token of their own; a TokenSource would hand the same one to all.
	token, err := config.Token(context.Background())
	if err != nil {
		return seen{}, err
	}
	return seen{Token: token.AccessToken}, nil
}

// The package has no revocation.
func revoke(token string) (seen, error) {
	answer, err := http.PostForm(os.Getenv("VIDEOCALL_URL")+"/o/revoke_token/", url.Values{
		"token":         {token},
		"client_id":     {os.Getenv("CLIENT_ID")},
		"client_secret": {os.Getenv("CLIENT_SECRET")},
	})
	if err != nil {
		return seen{}, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(answer.Body)
		return seen{}, &oauth2.RetrieveError{Response: answer, Body: body}
	}
	return seen{Revoked: true}, nil
}

func main() {
	var what seen
	var err error
	if len(os.Args) > 1 {
		what, err = revoke(os.Args[1])
	} else {
		what, err = getToken()
	}
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		what.Status, what.Raised = refused.Response.StatusCode, fmt.Sprintf("%T", refused)
		err = json.Unmarshal(refused.Body, &what)
	}
	if err != nil {
		log.Fatal(err)
	}
	json.NewEncoder(os.Stdout).Encode(what)
}
