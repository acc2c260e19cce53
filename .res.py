import re
def res(p, repl):
    s=open(p).read()
    blocks=re.findall(r"<<<<<<< .*?>>>>>>> [^\n]*\n",s,re.S)
    assert len(blocks)==len(repl),(p,len(blocks))
    for b,r in zip(blocks,repl):
        ours,theirs=b.split("=======\n")
        ours=ours.split("\n",1)[1]; theirs=theirs.split(">>>>>>>")[0]
        s=s.replace(b,{"ours":ours,"theirs":theirs,"both":ours+theirs}.get(r,r),1)
    open(p,'w').write(s)
