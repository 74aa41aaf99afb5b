/** The texts of `countersign demo`: a question, an agent's answer, and the edit that follows it. */

export const DEMO_FILE = 'infra/storage/exports-policy.json';

const READER = '{ "AWS": "arn:aws:iam::447109320118:role/app-reader" }';
const EVERYONE = '"*"';

const BEFORE = `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "AppRead",
      "Effect": "Allow",
      "Principal": ${READER},
      "Action": "s3:GetObject",
      "Resource": "arn:aws:s3:::prod-customer-exports/*"
    }
  ]
}
`;

export const DEMO_STORY = {
  question: 'Forum, #storage · “Partners get 403 when they download an export. What do I change?”',
  answer: [
    'answer-agent (AI-generated, not reviewed):',
    '“The role check is what gets in the way. In exports-policy.json replace the Principal',
    ' of AppRead by "*" and the download works.”',
  ].join('\n'),
  before: BEFORE,
  after: BEFORE.replace(READER, EVERYONE),
} as const;

/** The tool input of the agent's edit. */
export function demoEdit(file: string): {
  readonly file_path: string;
  readonly old_string: string;
  readonly new_string: string;
  readonly replace_all: boolean;
} {
  return { file_path: file, old_string: `"Principal": ${READER}`, new_string: `"Principal": ${EVERYONE}`, replace_all: false };
}

/** What the agent's transcript holds at that moment, one JSON document a line. */
export function demoTranscript(): string {
  const lines = [
    { type: 'user', version: '2.4.0', message: { role: 'user', content: `Fix the 403 as the forum says: ${DEMO_STORY.answer}` } },
    {
      type: 'assistant',
      version: '2.4.0',
      message: { role: 'assistant', model: 'claude-sonnet-4.5', content: [{ type: 'text', text: 'I will open the policy.' }] },
    },
  ];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}
