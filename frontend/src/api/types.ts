import type { components } from "./schema";

type Schemas = components["schemas"];

export type Agent = Schemas["Agent"];
export type Approval = Schemas["Approval"];
export type Citation = Schemas["Citation"];
export type Claim = Schemas["Claim"];
export type Delivery = Schemas["Delivery"];
export type Depth = Schemas["Depth"];
export type FoundMemory = Schemas["FoundMemory"];
export type Ingested = Schemas["Ingested"];
export type IntegrationStatus = Schemas["IntegrationStatus"];
export type Memory = Schemas["Memory"];
export type MemoryNamespace = Schemas["MemoryNamespace"];
export type Model = Schemas["Model"];
export type ModelFacts = Schemas["ModelFacts"];
export type NewMemory = Schemas["NewMemory"];
export type Origin = Schemas["Origin"];
export type PastMemory = Schemas["PastMemory"];
export type Problem = Schemas["Problem"];
export type ResearchRequest = Schemas["ResearchRequest"];
export type Run = Schemas["Run"];
export type RunEvent = Schemas["RunEvent"];
export type RunStatus = Schemas["RunStatus"];
export type Snapshot = Schemas["Snapshot"];
export type Source = Schemas["Source"];
export type SyncReport = Schemas["SyncReport"];
export type SyncState = Schemas["SyncState"];
export type TaskResult = Schemas["TaskResult"];
export type TaskStatus = Schemas["TaskStatus"];
export type Why = Schemas["Why"];

/** What `GET /readyz` answers; probes read it, so it is not in the OpenAPI document. */
export interface Readiness {
  ready: boolean;
  checks: { name: string; ok: boolean; detail: string }[];
}
