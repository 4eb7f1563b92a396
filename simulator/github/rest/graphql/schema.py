"""The part of GitHub's GraphQL schema that the bot needs. A test holds each type and field to GitHub's own schema."""

from simulator.github.rest.graphql.mutation_schema import MUTATIONS

_QUERIES = """
scalar Base64String
scalar DateTime
scalar GitObjectID
scalar URI

type Query {
  rateLimit(dryRun: Boolean = false): RateLimit
  repository(followRenames: Boolean = true, name: String!, owner: String!): Repository
}

type Repository {
  databaseId: Int
  id: ID!
  issueOrPullRequest(number: Int!): IssueOrPullRequest
  issues(after: String, first: Int, orderBy: IssueOrder, states: [IssueState!]): IssueConnection!
  nameWithOwner: String!
  pullRequest(number: Int!): PullRequest
  pullRequests(after: String, first: Int, orderBy: IssueOrder, states: [PullRequestState!]): PullRequestConnection!
}

union IssueOrPullRequest = Issue | PullRequest

input IssueOrder {
  direction: OrderDirection!
  field: IssueOrderField!
}

enum OrderDirection {
  ASC
  DESC
}

enum IssueOrderField {
  CREATED_AT
}

enum IssueState {
  CLOSED
  OPEN
}

enum PullRequestState {
  CLOSED
  MERGED
  OPEN
}

type IssueConnection {
  nodes: [Issue]
  pageInfo: PageInfo!
  totalCount: Int!
}

type Issue {
  author: Actor
  body: String!
  comments(after: String, before: String, first: Int, last: Int): IssueCommentConnection!
  createdAt: DateTime!
  editor: Actor
  id: ID!
  labels(after: String, first: Int, last: Int): LabelConnection
  lastEditedAt: DateTime
  locked: Boolean!
  number: Int!
  repository: Repository!
  state: IssueState!
  timelineItems(
    after: String, before: String, first: Int, itemTypes: [IssueTimelineItemsItemType!], last: Int
  ): IssueTimelineItemsConnection!
  title: String!
  userContentEdits(after: String, before: String, first: Int, last: Int): UserContentEditConnection
}

type IssueCommentConnection {
  nodes: [IssueComment]
  pageInfo: PageInfo!
  totalCount: Int!
}

type IssueComment {
  author: Actor
  body: String!
  createdAt: DateTime!
  databaseId: Int
  editor: Actor
  id: ID!
  lastEditedAt: DateTime
  userContentEdits(after: String, before: String, first: Int, last: Int): UserContentEditConnection
}

type UserContentEditConnection {
  nodes: [UserContentEdit]
  pageInfo: PageInfo!
  totalCount: Int!
}

type UserContentEdit {
  createdAt: DateTime!
  editedAt: DateTime!
  editor: Actor
  id: ID!
}

type LabelConnection {
  nodes: [Label]
  pageInfo: PageInfo!
  totalCount: Int!
}

type Label {
  id: ID!
  name: String!
}

enum IssueTimelineItemsItemType {
  RENAMED_TITLE_EVENT
}

union IssueTimelineItems = RenamedTitleEvent

type IssueTimelineItemsConnection {
  nodes: [IssueTimelineItems]
  pageInfo: PageInfo!
  totalCount: Int!
}

type RenamedTitleEvent {
  actor: Actor
  createdAt: DateTime!
  currentTitle: String!
  id: ID!
  previousTitle: String!
}

type PullRequestConnection {
  nodes: [PullRequest]
  pageInfo: PageInfo!
  totalCount: Int!
}

type PullRequest {
  author: Actor
  body: String!
  closingIssuesReferences(after: String, first: Int, last: Int): IssueConnection
  commits(after: String, first: Int, last: Int): PullRequestCommitConnection!
  headRefName: String!
  id: ID!
  isCrossRepository: Boolean!
  isDraft: Boolean!
  number: Int!
  reviewThreads(after: String, first: Int, last: Int): PullRequestReviewThreadConnection!
  state: PullRequestState!
  title: String!
}

type PullRequestCommitConnection {
  nodes: [PullRequestCommit]
  pageInfo: PageInfo!
  totalCount: Int!
}

type PullRequestCommit {
  commit: Commit!
  id: ID!
}

type PullRequestReviewThreadConnection {
  nodes: [PullRequestReviewThread]
  pageInfo: PageInfo!
  totalCount: Int!
}

type PullRequestReviewThread {
  comments(after: String, first: Int, last: Int): PullRequestReviewCommentConnection!
  id: ID!
  isOutdated: Boolean!
  isResolved: Boolean!
  line: Int
  originalLine: Int
  path: String!
}

type PullRequestReviewCommentConnection {
  nodes: [PullRequestReviewComment]
  pageInfo: PageInfo!
  totalCount: Int!
}

type PullRequestReviewComment {
  author: Actor
  body: String!
  createdAt: DateTime!
  databaseId: Int
  diffHunk: String!
  id: ID!
  lastEditedAt: DateTime
}

interface Actor {
  login: String!
}

type Bot implements Actor {
  login: String!
}

type User implements Actor {
  login: String!
}

type PageInfo {
  endCursor: String
  hasNextPage: Boolean!
  hasPreviousPage: Boolean!
  startCursor: String
}

type RateLimit {
  cost: Int!
  limit: Int!
  remaining: Int!
  resetAt: DateTime!
  used: Int!
}
"""

SCHEMA = _QUERIES + MUTATIONS
