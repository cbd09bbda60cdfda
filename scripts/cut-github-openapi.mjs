// Cuts the operations that we call out of GitHub's OpenAPI description, for the stand-in that the tests run against.
//
//   npm install --prefix /tmp/openapi @octokit/openapi@23.0.2
//   node scripts/cut-github-openapi.mjs /tmp/openapi/node_modules/@octokit/openapi > test/support/github-openapi.json
import { readFileSync } from "node:fs";
import { join } from "node:path";

const operations = [
  ["/repos/{owner}/{repo}/issues/{issue_number}/comments", "get"],
  ["/repos/{owner}/{repo}/issues/{issue_number}/comments", "post"],
  ["/repos/{owner}/{repo}/issues/comments/{comment_id}", "patch"],
  ["/repos/{owner}/{repo}/issues/comments/{comment_id}", "delete"],
  ["/repos/{owner}/{repo}/pulls", "get"],
  ["/repos/{owner}/{repo}/pulls/{pull_number}/files", "get"],
];
/** Words for people; they would be nine tenths of the file. */
const dropped = /^(?:description|summary|examples?|tags|externalDocs|operationId|title|x-.*)$/;

const folder = process.argv[2] ?? "node_modules/@octokit/openapi";
const source = JSON.parse(readFileSync(join(folder, "generated/api.github.com.json"), "utf8"));
const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
const cut = {
  notice: `Parts of GitHub's OpenAPI description, from the npm package @octokit/openapi ${version}, MIT licence, Copyright (c) 2020 Octokit contributors; see github-openapi.LICENSE. Made by scripts/cut-github-openapi.mjs.`,
  paths: {},
  components: {},
};
const wanted = [];

for (const [path, method] of operations) {
  const operation = source.paths[path][method];
  // Answers of the pull-request list are not checked: they are large, and we read two fields of them.
  const answers = path.endsWith("/pulls") ? {} : operation.responses;
  const success = Object.entries(answers).filter(([status]) => status.startsWith("2"));
  cut.paths[path] ??= {};
  cut.paths[path][method] = copy({
    parameters: operation.parameters,
    ...(operation.requestBody ? { requestBody: operation.requestBody } : {}),
    responses: Object.fromEntries(success.map(([status, { content }]) => [status, content ? { content } : {}])),
  });
}
for (let reference = wanted.pop(); reference !== undefined; reference = wanted.pop()) {
  const [, group, name] = reference.match(/^#\/components\/([^/]+)\/(.+)$/);
  cut.components[group] ??= {};
  if (cut.components[group][name]) continue;
  cut.components[group][name] = copy(source.components[group][name]);
}
process.stdout.write(`${JSON.stringify(cut, null, 1)}\n`);

/** Without the words, noting what is referred to. A property may be called `title`: names of properties are no words. */
function copy(value, isNames = false) {
  if (Array.isArray(value)) return value.map((item) => copy(item));
  if (typeof value !== "object" || value === null) return value;
  if (typeof value.$ref === "string") wanted.push(value.$ref);
  const entries = Object.entries(value).filter(([key]) => isNames || !dropped.test(key));
  return Object.fromEntries(entries.map(([key, item]) => [key, copy(item, !isNames && key === "properties")]));
}
