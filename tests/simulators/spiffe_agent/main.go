// The agent of SPIFFE as a workload sees it: its API on a unix socket, by the real gRPC library.
package main

import (
	"context"
	"log"
	"net"
	"os"

	"github.com/spiffe/go-spiffe/v2/proto/spiffe/workload"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

type agent struct {
	workload.UnimplementedSpiffeWorkloadAPIServer
	token string
}

func (a agent) FetchJWTSVID(ctx context.Context, asked *workload.JWTSVIDRequest) (*workload.JWTSVIDResponse, error) {
	sent, _ := metadata.FromIncomingContext(ctx)
	if len(sent.Get("workload.spiffe.io")) != 1 {
		return nil, status.Error(codes.InvalidArgument, "security header missing from request")
	}
	if a.token == "" {
		return nil, status.Error(codes.PermissionDenied, "no identity issued")
	}
	if len(asked.Audience) != 1 || asked.Audience[0] != "sigstore" {
		return nil, status.Error(codes.InvalidArgument, "audience must be specified")
	}
	first := &workload.JWTSVID{SpiffeId: "spiffe://example.org/app", Svid: a.token}
	return &workload.JWTSVIDResponse{Svids: []*workload.JWTSVID{first, {SpiffeId: "spiffe://example.org/other", Svid: "x.y.z"}}}, nil
}

func main() {
	listener, err := net.Listen("unix", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer()
	workload.RegisterSpiffeWorkloadAPIServer(server, agent{token: os.Args[2]})
	log.Fatal(server.Serve(listener))
}
