import type { ServiceDefinition } from '@grpc/grpc-js';
import protobuf from 'protobufjs';

/**
 * flagd's sync API, as far as it is served: https://buf.build/open-feature/flagd/docs/main:flagd.sync.v1. What is left out, contexts and
 * metadata of a server, is nothing that flags are served with here, and readers take for absent.
 */
const PROTO = `
syntax = "proto3";
package flagd.sync.v1;
message SyncFlagsRequest { string provider_id = 1; string selector = 2; }
message SyncFlagsResponse { string flag_configuration = 1; }
message FetchAllFlagsRequest { string provider_id = 1; string selector = 2; }
message FetchAllFlagsResponse { string flag_configuration = 1; }
message GetMetadataRequest {}
message GetMetadataResponse {}
`;

export interface Selected {
  readonly selector: string;
}
export interface Told {
  readonly flagConfiguration: string;
}

const { root } = protobuf.parse(PROTO);

export const FLAG_SYNC: ServiceDefinition = {
  syncFlags: method('SyncFlags', true),
  fetchAllFlags: method('FetchAllFlags', false),
  getMetadata: method('GetMetadata', false),
};

function method(name: string, responseStream: boolean): ServiceDefinition[string] {
  const request = root.lookupType(`flagd.sync.v1.${name}Request`);
  const response = root.lookupType(`flagd.sync.v1.${name}Response`);
  return {
    path: `/flagd.sync.v1.FlagSyncService/${name}`,
    requestStream: false,
    responseStream,
    requestSerialize: (value: object) => Buffer.from(request.encode(value).finish()),
    requestDeserialize: (bytes: Buffer) => request.decode(bytes),
    responseSerialize: (value: object) => Buffer.from(response.encode(value).finish()),
    responseDeserialize: (bytes: Buffer) => response.decode(bytes),
  };
}
