"""The part of the schema for mutations."""

MUTATIONS = """
type Mutation {
  convertPullRequestToDraft(input: ConvertPullRequestToDraftInput!): ConvertPullRequestToDraftPayload
  createCheckRun(input: CreateCheckRunInput!): CreateCheckRunPayload
  createCommitOnBranch(input: CreateCommitOnBranchInput!): CreateCommitOnBranchPayload
  markPullRequestReadyForReview(input: MarkPullRequestReadyForReviewInput!): MarkPullRequestReadyForReviewPayload
  updateCheckRun(input: UpdateCheckRunInput!): UpdateCheckRunPayload
}

input ConvertPullRequestToDraftInput {
  clientMutationId: String
  pullRequestId: ID!
}

input MarkPullRequestReadyForReviewInput {
  clientMutationId: String
  pullRequestId: ID!
}

type ConvertPullRequestToDraftPayload {
  clientMutationId: String
  pullRequest: PullRequest
}

type MarkPullRequestReadyForReviewPayload {
  clientMutationId: String
  pullRequest: PullRequest
}

type CreateCheckRunPayload {
  checkRun: CheckRun
  clientMutationId: String
}

type UpdateCheckRunPayload {
  checkRun: CheckRun
  clientMutationId: String
}

type CheckRun {
  completedAt: DateTime
  conclusion: CheckConclusionState
  externalId: String
  id: ID!
  name: String!
  resourcePath: URI!
  startedAt: DateTime
  status: CheckStatusState!
  summary: String
  text: String
  title: String
  url: URI!
}

enum CheckConclusionState {
  ACTION_REQUIRED
  CANCELLED
  FAILURE
  NEUTRAL
  SKIPPED
  STALE
  STARTUP_FAILURE
  SUCCESS
  TIMED_OUT
}

enum CheckStatusState {
  COMPLETED
  IN_PROGRESS
  PENDING
  QUEUED
  REQUESTED
  WAITING
}

enum RequestableCheckStatusState {
  COMPLETED
  IN_PROGRESS
  PENDING
  QUEUED
  WAITING
}

input CreateCheckRunInput {
  actions: [CheckRunAction!]
  clientMutationId: String
  completedAt: DateTime
  conclusion: CheckConclusionState
  detailsUrl: URI
  externalId: String
  headSha: GitObjectID!
  name: String!
  output: CheckRunOutput
  repositoryId: ID!
  startedAt: DateTime
  status: RequestableCheckStatusState
}

input UpdateCheckRunInput {
  actions: [CheckRunAction!]
  checkRunId: ID!
  clientMutationId: String
  completedAt: DateTime
  conclusion: CheckConclusionState
  detailsUrl: URI
  externalId: String
  name: String
  output: CheckRunOutput
  repositoryId: ID!
  startedAt: DateTime
  status: RequestableCheckStatusState
}

input CheckRunAction {
  description: String!
  identifier: String!
  label: String!
}

input CheckRunOutput {
  annotations: [CheckAnnotationData!]
  summary: String!
  text: String
  title: String!
}

input CheckAnnotationData {
  annotationLevel: CheckAnnotationLevel!
  location: CheckAnnotationRange!
  message: String!
  path: String!
  rawDetails: String
  title: String
}

input CheckAnnotationRange {
  endColumn: Int
  endLine: Int!
  startColumn: Int
  startLine: Int!
}

enum CheckAnnotationLevel {
  FAILURE
  NOTICE
  WARNING
}

input CreateCommitOnBranchInput {
  branch: CommittableBranch!
  clientMutationId: String
  expectedHeadOid: GitObjectID!
  fileChanges: FileChanges
  message: CommitMessage!
}

input CommittableBranch {
  branchName: String
  id: ID
  repositoryNameWithOwner: String
}

input CommitMessage {
  body: String
  headline: String!
}

input FileChanges {
  additions: [FileAddition!] = []
  deletions: [FileDeletion!] = []
}

input FileAddition {
  contents: Base64String!
  path: String!
}

input FileDeletion {
  path: String!
}

type CreateCommitOnBranchPayload {
  clientMutationId: String
  commit: Commit
  ref: Ref
}

type Commit {
  commitUrl: URI!
  id: ID!
  message: String!
  oid: GitObjectID!
  url: URI!
}

type Ref {
  id: ID!
  name: String!
  prefix: String!
}
"""
