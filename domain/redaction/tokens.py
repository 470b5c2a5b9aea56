"""Tokens that are known by their form, wherever they stand."""

from rookery.domain.redaction.judging import has_both
from rookery.domain.redaction.rule import anything, token

TOKENS = (
    token("private-key", "AGE-SECRET-KEY-1", "[A-Z0-9]{50,}", literals="AGE-SECRET-KEY-1"),
    token(
        "jwt",
        "eyJ",
        r"[A-Za-z0-9_-]{10,}+\.[A-Za-z0-9_-]++\.[A-Za-z0-9_-]*+(?:\.[A-Za-z0-9_-]++){0,2}",
        literals="eyJ",
        test=anything,
    ),
    token("aws-key", "A[KS]IA|ABIA|ACCA", "[A-Z0-9]{16}", literals="AKIA ASIA ABIA ACCA", test=anything),
    token("github-token", "gh[pousr]_", "[A-Za-z0-9]{30,}", literals="ghp_ gho_ ghu_ ghs_ ghr_"),
    token("github-token", "github_pat_", "[A-Za-z0-9_]{22,}", literals="github_pat_"),
    token(
        "gitlab-token",
        "gl(?:pat|dt|rt|cbt|ptt|ft|agent|soat)-",
        "[A-Za-z0-9_-]{20,}+",
        literals="glpat- gldt- glrt- glcbt- glptt- glft- glagent- glsoat-",
    ),
    token("slack-token", r"xox[a-z](?:\.xox[a-z])?-|xapp-", "[A-Za-z0-9-]{10,}+", literals="xox xapp-", test=has_both),
    token("anthropic-key", "sk-ant-", "[A-Za-z0-9_-]{20,}+", literals="sk-ant-"),
    token("openai-key", "sk-(?:proj-|svcacct-|admin-|or-v1-)?", "[A-Za-z0-9_-]{20,}+", literals="sk-"),
    token("huggingface-token", "hf_", "[A-Za-z0-9]{30,}", literals="hf_", test=anything),
    token("google-key", "AIza", "[A-Za-z0-9_-]{35}", literals="AIza", test=anything),
    token("google-token", r"ya29\.", "[A-Za-z0-9_-]{20,}+", literals="ya29."),
    token("google-key", "GOCSPX-", "[A-Za-z0-9_-]{24,}+", literals="GOCSPX-", test=anything),
    token("stripe-key", "[sr]k_(?:live|test)_", "[A-Za-z0-9]{16,}", literals="k_live_ k_test_"),
    token("stripe-key", "whsec_", "[A-Za-z0-9]{24,}", literals="whsec_"),
    token("rookery-token", "rk_", "[A-Za-z0-9_-]{20,}+", literals="rk_"),
    token("twilio-key", "SK", "[0-9a-f]{32}", literals="SK"),
    token("sendgrid-key", r"SG\.", r"[A-Za-z0-9_-]{16,64}+\.[A-Za-z0-9_-]{16,128}+", literals="SG."),
    token("npm-token", "npm_", "[A-Za-z0-9]{36}", literals="npm_", test=anything),
    token("pypi-token", "pypi-", "[A-Za-z0-9_-]{40,}+", literals="pypi-"),
    token("notion-token", "secret_|ntn_", "[A-Za-z0-9]{32,}", literals="secret_ ntn_"),
    token("atlassian-token", "AT(?:ATT|CTT|BB)", "[A-Za-z0-9_=-]{20,}+", literals="ATATT ATCTT ATBB"),
    token("telegram-token", "(?:bot)?[0-9]{8,10}:AA", "[A-Za-z0-9_-]{30,40}+", literals=":AA"),
    token("discord-token", "[MNO]", r"[A-Za-z0-9_-]{22,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}+", literals="."),
    token(
        "token",
        "dop_v1_|shp(?:at|ss|ca|pa)_|dapi|glsa_|glc_|lin_api_|dckr_pat_|gsk_|r8_|pplx-|hvs\\.|sbp_|sntrys_|figd_|PMAK-",
        "[A-Za-z0-9_-]{24,}+",
        literals="dop_v1_ shp dapi glsa_ glc_ lin_api_ dckr_pat_ gsk_ r8_ pplx- hvs. sbp_ sntrys_ figd_ PMAK-",
    ),
    token("google-token", "1//0", "[A-Za-z0-9_-]{40,}+", literals="1//0"),
    token("mailgun-key", "key-", "[0-9a-f]{32}", literals="key-"),
    token("azure-key", r"[A-Za-z0-9_~.]{3}[0-9]Q~", "[A-Za-z0-9_~.-]{31,34}", literals="Q~"),
    token("token", r"[A-Za-z0-9]{14}\.atlasv1\.", "[A-Za-z0-9_=-]{60,}+", literals=".atlasv1."),
    token(
        "token",
        r"tvly-|pcsk_|xai-|nvapi-|jina_|lsv2_(?:pt|sk)_|HRKU-|pul-|CFPAT-|dp\.(?:pt|st)\.|fw_|csk-|sgp_|NRAK-|rnd_|vercel_",
        "[A-Za-z0-9_-]{24,}+",
        literals="tvly- pcsk_ xai- nvapi- jina_ lsv2_ HRKU- pul- CFPAT- dp. fw_ csk- sgp_ NRAK- rnd_ vercel_",
    ),
)
