/**
 * Globs of all files that the engine may govern by their path. What it reads in the end is for the engine to say; a test
 * holds that nothing it may govern is missing here. Editors compare globs letter by letter, files are named in any case.
 */
export const WATCHED_PATTERNS: readonly string[] = patterns().map(inAnyCase);

function patterns(): readonly string[] {
  const endings =
    'json,jsonc,json5,template,policy,iam,code-workspace,yaml,yml,tf,tfvars,tofu,hcl,nomad,toml,bicep,bicepparam,sql,psql,pgsql,ini,cfg,cnf,conf,properties,env,rules,vhost';
  const templates = 'tmpl,tpl,gotmpl,gotpl,j2,jinja,jinja2,erb,mustache,sample,example,dist,bak,orig';
  const agents =
    'claude,claude-plugin,cursor,codex,gemini,qwen,windsurf,codeium,clinerules,cline,roo,kiro,opencode,copilot,continue,amazonq';
  return [
    `**/*.{${endings}}`,
    `**/*.{${endings}}.{${templates}}`,
    '**/*.json.*',
    '**/{policy,trust-policy,iam-policy,codeowners,sudoers,sshd_config,pipfile}',
    '**/*{docker,container}file',
    '**/*{docker,container}file.*',
    '**/.{npmrc,yarnrc,gitignore,dockerignore,npmignore,gitmodules,gitconfig,pypirc,renovaterc,env,envrc,dev.vars}',
    '**/.env.*',
    '**/{sudoers.d,sshd_config.d,nginx,sites-available,sites-enabled}/**',
    '**/.aws/{config,credentials}',
    '**/.git/{config,hooks/**,info/**,modules/**}',
    `**/.{${agents},vscode,devcontainer,husky,countersign}/**`,
    '**/{requirements,constraints}*.{txt,in}',
    '**/requirements/*.{txt,in}',
    '**/{jenkinsfile,caddyfile}*',
    '**/*.{jenkinsfile,caddy}',
    '**/{_headers,.htaccess}',
    '**/.{clinerules,cursorrules,windsurfrules}',
    '**/.aider*',
    '**/{claude,claude.local,gemini,qwen,agent,agents,agent.override,agents.override,agent.local,agents.local}.md',
    '**/.github/{copilot-instructions.md,instructions/**,prompts/**,hooks/**,copilot/**,agents/**,chatmodes/**}',
    '**/{etc,.config,state,share}/countersign/**',
    '**/.config/opencode/**',
    '**/claude{,-}code/managed-*',
  ];
}

function inAnyCase(glob: string): string {
  return glob.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
}
