import KilnArtifacts
import KilnDocker
import KilnPlan

extension ContainerSteps {
  /// The Dockerfile without what only describes the image, and the files that it copies: equal recipes make equal images,
  /// whatever their comments and labels say.
  var recipe: ContentDigest {
    get throws(RecipeError) {
      var digest = PlanDigest("image")
      digest.add("dockerfile", try recipeText)
      for file in files { digest.add(file.path, file.bytes) }
      return digest.digest
    }
  }

  /// - Throws: `RecipeError` with the place of the value that no Dockerfile can carry.
  var recipeText: String {
    get throws(RecipeError) {
      var text = ""
      for (index, instruction) in instructions.enumerated() where !instruction.isDescription {
        do throws(DockerfileError) {
          text += try Dockerfile.line(instruction) + "\n"
        } catch {
          throw RecipeError(
            "an image cannot have this: \(error)", at: origins[index]?.location, step: origins[index]?.step)
        }
      }
      return text
    }
  }

  /// The image as it is written: what describes it around the recipe.
  /// - Parameter refreshed: When it was made anew from a fresh base: as an argument, which every command's cache depends on.
  /// - Throws: `DockerfileError` for a value that no Dockerfile can carry.
  func image(
    header: String, labels: [DockerfileVariable], refreshed: String? = nil
  ) throws(DockerfileError) -> ImageOutput {
    var lines = [.comment(header)] + instructions + [.label(labels)]
    let origin = lines.firstIndex { if case .from = $0 { true } else { false } }
    if let refreshed, let origin { lines.insert(.arg(.init("KILN_REFRESHED", refreshed)), at: origin + 1) }
    return ImageOutput(dockerfile: try Dockerfile(lines).render(), files: files)
  }
}
