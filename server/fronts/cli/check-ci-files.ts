import { version } from '../../../package.json';

/** What `countersign init --ci` writes. Files of ours begin with this line, by which undo knows them. */
export const CI_MARK = '# Written by "countersign init --ci".';

export const GITHUB_FILE = '.github/workflows/countersign.yml';
export const GITLAB_FILE = '.gitlab/countersign.yml';
export const GITLAB_ROOT = '.gitlab-ci.yml';

/** Actions are pinned to commits: a tag can be moved. */
export const GITHUB = `${CI_MARK}
# Make its job "countersign" a required check of the branch, and let an owner review changes of this file and of
# .countersign/ (CODEOWNERS): GitHub runs this file as the pull request has it.
name: Countersign

on:
  pull_request:
  merge_group:

permissions: {}

env:
  # What npx starts: a version on the registry you use, or the address of a package you keep yourself (.tgz, made by npm pack).
  # Never a path in this repository, which a pull request could change.
  COUNTERSIGN: countersign@${version}

jobs:
  countersign:
    name: countersign
    runs-on: ubuntu-latest
    permissions:
      contents: read
      # For the upload of the findings alone.
      security-events: write
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
        with:
          # The whole history: what counts is the change from where the branch began.
          fetch-depth: 0
          persist-credentials: false
      - uses: actions/setup-node@49933ea5288caeca8642d1e84afbd3f7d6820020 # v4.4.0
        with:
          node-version: 22
      - name: Check what this change opens
        # Not in the repository: npx would prefer a package that the pull request brings.
        working-directory: \${{ runner.temp }}
        env:
          BASE: \${{ github.base_ref && format('origin/{0}', github.base_ref) || github.event.merge_group.base_sha }}
        run: >
          npx --yes --package "$COUNTERSIGN" countersign check
          --repo "$GITHUB_WORKSPACE" --base "$BASE" --head HEAD
          --also "markdown=$GITHUB_STEP_SUMMARY" --also "sarif=$RUNNER_TEMP/countersign.sarif"
      - name: Show the findings in the pull request
        # A fork's token may not write. Where code scanning is off: set the variable COUNTERSIGN_SARIF to off.
        if: \${{ !cancelled() && vars.COUNTERSIGN_SARIF != 'off' && github.event_name == 'pull_request' && !github.event.pull_request.head.repo.fork }}
        uses: github/codeql-action/upload-sarif@48ab28a6f5dbc2a99bf1e0131198dd8f1df78169 # v3.28.0
        with:
          sarif_file: \${{ runner.temp }}/countersign.sarif
          category: countersign
`;

export const GITLAB = `${CI_MARK}
# Let merge requests be merged only when their pipeline succeeds, and let an owner approve changes of this file, of
# .gitlab-ci.yml and of .countersign/: GitLab runs them as the merge request has them.
countersign:
  image: node:22
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
  variables:
    # The whole history: what counts is the change from where the branch began.
    GIT_DEPTH: "0"
    # What npx starts: a version on the registry you use, or the address of a package you keep yourself (.tgz, made by npm pack).
    # Never a path in this repository, which a merge request could change.
    COUNTERSIGN: countersign@${version}
  script:
    - git fetch --quiet origin "$CI_MERGE_REQUEST_TARGET_BRANCH_NAME"
    - BASE="$(git rev-parse FETCH_HEAD)"
    # Not in the repository: npx would prefer a package that the merge request brings.
    - cd "$(mktemp -d)"
    - >-
      npx --yes --package "$COUNTERSIGN" countersign check
      --repo "$CI_PROJECT_DIR" --base "$BASE" --head "$CI_COMMIT_SHA"
      --also "markdown=$CI_PROJECT_DIR/countersign.md" --also "sarif=$CI_PROJECT_DIR/countersign.sarif"
  artifacts:
    when: always
    expire_in: 30 days
    paths: [countersign.md, countersign.sarif]
`;

/** `.gitlab-ci.yml` where there is none yet. */
export const GITLAB_INCLUDE = `${CI_MARK}
include:
  - local: ${GITLAB_FILE}
`;

/** Explains the folder to whoever finds it, and makes it be there: acknowledgements are kept in a repository that has it. */
export const README_FILE = '.countersign/README.md';

export const README = `<!-- Written by "countersign init --ci". -->

# Countersign in this repository

- \`acks/\`: acknowledgements, one signed file each. Commit each together with the change that it is about; it counts for that change once.
- \`keys/\`: public keys of the people who may acknowledge. A key counts from the commit after the one that adds it.
- \`keys/revoked/\`: public keys that count no more, at once.
- \`policy.yaml\`, \`packs/\`: what must be acknowledged. A change is checked by what stands here before it.

\`countersign check --base main\` says what a change still needs.
`;
