import KilnSpec

/// The plan as a comment of a pull request: one, which later commits rewrite.
struct PipelineComment {
  let system: PipelineSystem
  let settings: PipelineSettings

  /// By which the comment is found again.
  private static let mark = "<!-- kiln plan -->"
  private static let body = "\(ReleasePipeline.folder)/comment.json"
  private static let thread = "\(ReleasePipeline.folder)/thread.json"

  /// Nil where the system has no way, or no token, for it.
  var step: ReleasePipeline.Step? {
    switch system {
    case .github:
      make(
        token: "GITHUB_TOKEN", header: "Authorization: Bearer", text: "{body: .}",
        comments: "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues/$KILN_REQUEST/comments",
        find: #".[] | select(.user.login == "github-actions[bot]" and (.body | startswith($mark))) | .id"#,
        change: ("PATCH", "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues/comments/$id"))
    case .gitlab:
      settings.gitlabToken.map { token in
        let notes = "$CI_API_V4_URL/projects/$CI_PROJECT_ID/merge_requests/$CI_MERGE_REQUEST_IID/notes"
        return make(
          token: token, header: "PRIVATE-TOKEN:", text: "{body: .}", comments: notes,
          find: ".[] | select(.body | startswith($mark)) | .id", change: ("PUT", "\(notes)/$id"))
      }
    case .azurePipelines:
      make(
        token: "SYSTEM_ACCESSTOKEN", header: "Authorization: Bearer", text: "{content: ., commentType: 1}",
        comments:
          "$SYSTEM_COLLECTIONURI$SYSTEM_TEAMPROJECTID/_apis/git/repositories/$BUILD_REPOSITORY_ID/pullRequests/$SYSTEM_PULLREQUEST_PULLREQUESTID/threads",
        query: "?api-version=7.1",
        find: ".value[] | select(.comments[0].content // \"\" | startswith($mark)) | .id",
        change: ("PATCH", "$comments/$id/comments/1"), new: "{comments: [.], status: \"closed\"}")
    case .jenkins: nil
    }
  }

  /// - Parameters:
  ///   - header: How the request's own header begins; the token is behind it, and in no argument list.
  ///   - text: What jq makes of the comment's text.
  ///   - find: What gives the comment's id of the list.
  ///   - new: What jq makes of that for a comment that is not there yet.
  private func make(
    token: String, header: String, text: String, comments: String, query: String = "?per_page=100", find: String,
    change: (method: String, url: String), new: String = "."
  ) -> ReleasePipeline.Step {
    ReleasePipeline.Step(
      title: "Write the plan to the pull request",
      lines: [
        "[ -s \(ReleasePipeline.plan) ] || exit 0",
        "request() {",
        "  printf 'header = \"\(header) %s\"\\n' \"$\(token)\" \\",
        "    | curl -fsS --config - --header 'Content-Type: application/json' \"$@\"",
        "}",
        "comments=\"\(comments)\"",
        "mark='\(Self.mark)'",
        // The systems take 65,536 characters, and more on some.
        "{ echo \"$mark\"; head -c 60000 \(ReleasePipeline.plan); } | jq -Rs '\(text)' > \(Self.body)",
        "id=$(request \"$comments\(query)\" | jq -r --arg mark \"$mark\" 'first(\(find)) // empty')",
        "if [ -n \"$id\" ]; then",
        "  request --request \(change.method) --data @\(Self.body) \"\(change.url)\(query.hasPrefix("?api") ? query : "")\" > /dev/null",
        "else",
        new == "."
          ? "  request --data @\(Self.body) \"$comments\" > /dev/null"
          : "  jq '\(new)' \(Self.body) > \(Self.thread) && request --data @\(Self.thread) \"$comments\(query)\" > /dev/null",
        "fi",
      ], secrets: [token])
  }
}
